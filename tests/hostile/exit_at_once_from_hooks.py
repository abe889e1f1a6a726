# Each hook that is left at the end wants to end it otherwise: the status that was said first is not theirs to change.
# expect: exit 5
import atexit
import os
import sys


class Leaver:
    def __del__(self):
        sys.exit(6)


keep = Leaver()
atexit.register(sys.exit, 7)
sys.exit(5)

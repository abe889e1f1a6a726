# Every exit hook sets another exit status; the first status must stay.
# ends: exit 5
# compare: stdout
import atexit
import os
import sys


class Leaver:
    def __del__(self):
        sys.exit(6)


keep = Leaver()
atexit.register(sys.exit, 7)
sys.exit(5)

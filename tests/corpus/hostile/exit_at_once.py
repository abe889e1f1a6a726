# Ends at once, from the middle of a comparison within a sort within a destructor.
# ends: exit 3
import os


class Leaver:
    def __lt__(self, other):
        os._exit(3)

    def __del__(self):
        sorted([Leaver(), Leaver()])


Leaver()

# Ends with a status that never tells what it is.
# ends: limit WallTime
import sys


class Status:
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


sys.exit(Status())

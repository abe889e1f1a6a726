# ends: exception RecursionError | exception MemoryError | limit Memory
import sys

sys.setrecursionlimit(10**9)


class Endless:
    def __getattr__(self, name):
        return getattr(self, "x")


Endless().name

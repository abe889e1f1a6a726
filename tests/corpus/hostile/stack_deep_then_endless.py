# Loops for ever, at the end of a stack that is as deep as it can be made.
# ends: limit WallTime
import sys

sys.setrecursionlimit(1_000_000)


class Deep:
    def __init__(self, depth):
        self.depth = depth

    def __repr__(self):
        try:
            if self.depth < 1_000_000:
                return repr([Deep(self.depth + 1)])
        except RecursionError:
            pass
        while True:
            pass


repr(Deep(0))

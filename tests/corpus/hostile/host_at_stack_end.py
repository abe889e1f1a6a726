# Calls the host at every depth of the stack, down to its end.
# ends: exception RecursionError
import sys

sys.setrecursionlimit(1_000_000)


class Deep:
    def __repr__(self):
        echo("down")
        return repr([Deep()])


repr(Deep())

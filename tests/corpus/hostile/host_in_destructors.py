# Calls the host where no exception can go: in destructors, callbacks, a hash, and after the end.
import atexit
import gc
import weakref


class Node:
    def __init__(self):
        self.me = self

    def __del__(self):
        seen.append(echo(1))

    def __hash__(self):
        seen.append(echo(2))
        return 1


seen = []
gc.callbacks.append(lambda phase, information: seen.append(echo(3)))
node = Node()
weakref.finalize(node, lambda: seen.append(echo(4)))
{node}
del node
gc.collect()
atexit.register(lambda: print(echo(sum(set(seen)) - 3)))

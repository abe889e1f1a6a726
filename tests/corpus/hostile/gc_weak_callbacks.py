# A callback of a weak reference makes the next one, for ever.
# ends: limit WallTime
import weakref


class Node:
    pass


kept = set()


def again(reference):
    node = Node()
    kept.add(weakref.ref(node, again))
    kept.discard(reference)


while True:
    again(None)

# ends: done | exception RecursionError
import weakref


class Node:
    pass


kept = []


def drop(reference):
    if kept:
        kept.pop()


for _ in range(100_000):
    node = Node()
    node.reference = None
    kept.append(node)
references = [weakref.ref(node, drop) for node in kept]
del node
kept.pop()

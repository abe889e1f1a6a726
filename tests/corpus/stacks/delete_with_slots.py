# compare: stdout
class Node:
    __slots__ = ("following",)

    def __del__(self):
        following, self.following = self.following, None
        del following


nodes = None
for _ in range(50_000):
    node = Node()
    node.following = nodes
    nodes = node
del node
del nodes

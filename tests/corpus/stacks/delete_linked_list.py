class Node:
    def __init__(self, following):
        self.following = following


nodes = None
for _ in range(300_000):
    nodes = Node(nodes)
del nodes

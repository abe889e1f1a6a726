class Node:
    count = 0

    def __init__(self, following):
        self.following = following

    def __del__(self):
        Node.count += 1


nodes = None
for _ in range(100_000):
    nodes = Node(nodes)
del nodes
assert Node.count == 100_000

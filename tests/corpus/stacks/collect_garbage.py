# ends: done | trap stack
import gc

nodes = first = []
for _ in range(500_000):
    nodes = [nodes]
first.append(nodes)
del nodes, first
assert gc.collect() >= 500_000

# ends: done | trap stack
import collections

value = None
for _ in range(300_000):
    value = collections.deque([value])
del value

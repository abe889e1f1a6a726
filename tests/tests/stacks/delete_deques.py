# expect: end or trap
import collections

value = None
for _ in range(300_000):
    value = collections.deque([value])
del value

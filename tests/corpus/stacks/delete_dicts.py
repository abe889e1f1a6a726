# ends: done | trap stack
value = None
for _ in range(500_000):
    value = {1: value}
del value

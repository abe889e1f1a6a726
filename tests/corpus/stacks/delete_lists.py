# ends: done | trap stack
value = None
for _ in range(500_000):
    value = [value]
del value

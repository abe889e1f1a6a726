# ends: done | trap stack
value = None
for _ in range(500_000):
    value = ValueError(value)
del value

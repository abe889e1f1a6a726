# ends: trap stack
value = iter([])
for _ in range(1_000_000):
    value = enumerate(value)
del value

# ends: done | trap stack
def close_over(value):
    return lambda: value


value = None
for _ in range(500_000):
    value = close_over(value)
del value

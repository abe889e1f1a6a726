# ends: done | trap stack
def nest(inner):
    yield
    yield inner


value = None
for _ in range(100_000):
    value = nest(value)
    next(value)
del value

# ends: exception RecursionError | trap stack
def nest(inner):
    yield next(inner)


chain = iter([1])
for _ in range(100_000):
    chain = nest(chain)
next(chain)

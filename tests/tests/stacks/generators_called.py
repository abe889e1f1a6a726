# expect: RecursionError or trap
def nest(inner):
    yield next(inner)


chain = iter([1])
for _ in range(100_000):
    chain = nest(chain)
next(chain)

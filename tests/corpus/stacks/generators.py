# A generator that only hands on another needs no stack.
def nest(inner):
    yield from inner


chain = iter([1])
for _ in range(300_000):
    chain = nest(chain)
assert next(chain) == 1

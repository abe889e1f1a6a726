chain = iter([1])
for _ in range(300_000):
    chain = (value for value in chain)
assert next(chain) == 1

# ends: trap stack
chain = iter([1])
for _ in range(100_000):
    chain = map(abs, chain)
del chain

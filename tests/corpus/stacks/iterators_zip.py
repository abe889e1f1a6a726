# ends: trap stack
chain = iter([1])
for _ in range(1_000_000):
    chain = zip(chain)
next(chain)

# ends: trap stack
import itertools

chain = iter([1])
for _ in range(1_000_000):
    chain = itertools.chain(chain)
next(chain)

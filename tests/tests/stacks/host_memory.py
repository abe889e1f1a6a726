# expect: trap
# The host is asked for more memory.
from itertools import islice


def ask():
    kept = []
    while True:
        kept.append(bytes(20_000))
        yield 1


def descend():
    chain = ask()
    for _ in range(500):
        for _ in range(20):
            chain = islice(chain, None)
        next(chain)
    deeper = descend()
    for _ in range(10_000):
        deeper = islice(deeper, None)
    next(deeper)
    yield


next(descend())

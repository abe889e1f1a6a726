# expect: trap
import os
from itertools import islice


def ask():
    while True:
        os.urandom(16)
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

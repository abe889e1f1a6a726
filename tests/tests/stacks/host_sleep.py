# expect: trap
# A program that sleeps leaves its stack, and comes back to it.
import time
from itertools import islice


def ask():
    while True:
        time.sleep(1e-9)
        yield 1


def descend():
    chain = ask()
    for _ in range(200):
        for _ in range(50):
            chain = islice(chain, None)
        next(chain)
    deeper = descend()
    for _ in range(10_000):
        deeper = islice(deeper, None)
    next(deeper)
    yield


next(descend())

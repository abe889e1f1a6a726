# expect: trap
# Calls of the host all the way down to the end of the stack: its own is below that.
from itertools import islice


def ask():
    while True:
        print("x", flush=True)
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

"""Runs a generator at every depth of the stack, down to its end."""

from itertools import islice


def descend(ask, steps=500, layers=20):
    chain = ask()
    for _ in range(steps):
        for _ in range(layers):
            chain = islice(chain, None)
        next(chain)
    deeper = descend(ask, steps, layers)
    for _ in range(10_000):
        deeper = islice(deeper, None)
    next(deeper)
    yield

# ends: exception RecursionError | trap stack
kinds = int
for _ in range(1_000_000):
    kinds = (kinds,)
isinstance("", kinds)

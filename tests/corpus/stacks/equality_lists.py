# ends: exception RecursionError
one = other = None
for _ in range(100_000):
    one, other = [one], [other]
one == other

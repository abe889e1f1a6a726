# ends: exception RecursionError
one = other = None
for _ in range(100_000):
    one, other = {1: one}, {1: other}
one == other

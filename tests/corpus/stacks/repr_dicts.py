# ends: exception RecursionError
value = {}
for _ in range(100_000):
    value = {1: value}
repr(value)

# ends: exception RecursionError
value = list
for _ in range(100_000):
    value = list[value]
repr(value)

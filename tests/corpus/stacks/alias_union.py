# ends: exception RecursionError
value = int
for _ in range(100_000):
    value = list[value] | None
repr(value)

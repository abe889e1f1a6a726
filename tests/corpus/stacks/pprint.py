# ends: exception RecursionError
import pprint

value = []
for _ in range(100_000):
    value = [value]
pprint.pformat(value)

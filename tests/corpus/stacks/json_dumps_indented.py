# ends: exception RecursionError
import json

value = {}
for _ in range(100_000):
    value = {"a": value}
json.dumps(value, indent=1)

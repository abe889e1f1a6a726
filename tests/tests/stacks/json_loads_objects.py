# expect: RecursionError or trap
# Nested objects take much of the native stack for what they take of Python's own.
import json

json.loads('{"a":' * 100_000)

# Nested objects take much of the native stack for what they take of Python's own.
# ends: exception RecursionError | trap stack
import json

json.loads('{"a":' * 100_000)

# Nested objects take more of the native stack for what it takes of Python's
# own than there is: the instance ends, and the sandbox and its host do not.
import json

json.loads('{"a":' * 100_000)

# More than is allowed, in a single request.
# ends: limit Memory
kept = bytes(1_000_000_000)

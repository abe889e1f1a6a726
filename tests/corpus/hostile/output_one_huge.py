# Prints more than is allowed, at once.
# ends: limit OutputBytes
# compare: stderr
print("x" * 50_000_000)

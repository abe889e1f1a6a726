# Prints more than is allowed, at once.
# expect: limit OutputBytes
print("x" * 50_000_000)

# Prints for ever.
# expect: limit OutputBytes
while True:
    print("x" * 1000)

# Prints for ever.
# ends: limit OutputBytes
# compare: stderr
while True:
    print("x" * 1000)

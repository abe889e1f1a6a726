# Writes to the descriptors, past everything that Python has for printing.
# ends: limit OutputBytes
# compare: nothing
import os

while True:
    os.write(1, b"x" * 60_000)
    os.write(2, b"x" * 60_000)

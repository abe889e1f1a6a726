# Asks the host for randomness, a hundred megabytes at a time.
# ends: limit WallTime
import os

while True:
    os.urandom(100_000_000)

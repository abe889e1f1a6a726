# Keys that all have the same hash: each is compared with all before it.
# ends: limit WallTime
import sys

table = {}
for number in range(1, 10_000_000):
    table[number * sys.hash_info.modulus] = None

# All orders of twenty things, compared in C.
# ends: limit WallTime
import itertools

max(itertools.permutations(range(20)))

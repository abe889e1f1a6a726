# All orders of twenty things, compared in C.
# expect: limit WallTime
import itertools

max(itertools.permutations(range(20)))

# Consumes an endless iterator in C, where Python never gets to look at anything.
# ends: limit WallTime
import collections
import itertools

collections.deque(itertools.repeat(None), maxlen=0)

# Sorts thirty million numbers that are generated in the same call.
# expect: limit WallTime
import numpy

numpy.sort(numpy.random.rand(16_000_000))

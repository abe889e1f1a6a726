# Sorts eight million numbers, in one call.
# expect: limit WallTime
import numpy

numpy.sort(numpy.random.rand(8_000_000))

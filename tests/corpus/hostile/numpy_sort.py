# Sorts eight million numbers, in one call.
# ends: limit WallTime
import numpy

numpy.sort(numpy.random.rand(8_000_000))

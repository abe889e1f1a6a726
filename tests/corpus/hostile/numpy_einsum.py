# Sums over five indices, in one call.
# ends: limit WallTime
import numpy

cube = numpy.ones((60,) * 3)
numpy.einsum("abc,cde->", cube, cube)

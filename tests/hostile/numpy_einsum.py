# Sums over five indices, in one call.
# expect: limit WallTime
import numpy

cube = numpy.ones((60,) * 3)
numpy.einsum("abc,cde->", cube, cube)

# Sums over eight indices, in one call.
# expect: limit WallTime
import numpy

cube = numpy.ones((40,) * 3)
numpy.einsum("abc,cde,efg,gha->", cube, cube, cube, cube)

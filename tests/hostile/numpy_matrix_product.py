# One product that takes minutes, in a kernel that never goes back to Python.
# expect: limit WallTime
import numpy

square = numpy.broadcast_to(numpy.float64(1.5), (4000, 4000))
square @ square

# One product that takes seconds, in a kernel that never goes back to Python.
# ends: limit WallTime
import numpy

square = numpy.broadcast_to(numpy.float64(1.5), (2000, 2000))
square @ square

# More than a 32-bit machine can address: an error of numpy's own class.
# ends: limit Memory | exception numpy._core._exceptions._ArrayMemoryError
import numpy

numpy.zeros((2**30, 1), numpy.uint8)

# ends: exception RecursionError
# image: numpy
import numpy as np

kind = np.dtype("i1")
for _ in range(100_000):
    kind = np.dtype([("a", kind)])
repr(kind)

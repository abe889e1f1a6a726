# ends: trap stack | exception RecursionError
# image: numpy
import numpy as np

one = other = np.dtype("i1")
for _ in range(100_000):
    one, other = np.dtype([("a", one)]), np.dtype([("a", other)])
one == other

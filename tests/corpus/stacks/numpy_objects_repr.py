# ends: exception RecursionError
# image: numpy
import numpy as np

value = None
for _ in range(100_000):
    outer = np.empty(1, object)
    outer[0] = value
    value = outer
repr(value)

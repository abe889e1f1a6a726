# ends: exception RecursionError
# image: numpy
import copy

import numpy as np

value = None
for _ in range(100_000):
    outer = np.empty(1, object)
    outer[0] = value
    value = outer
copy.deepcopy(value)

# ends: exception RecursionError | trap stack
# image: numpy
import numpy as np

value = np.ones(1)
for _ in range(100_000):
    outer = np.empty(1, object)
    outer[0] = value
    value = outer
value == value

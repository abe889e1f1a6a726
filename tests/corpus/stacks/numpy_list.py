# ends: exception ValueError
# image: numpy
import numpy as np

value = []
for _ in range(100_000):
    value = [value]
np.array(value)

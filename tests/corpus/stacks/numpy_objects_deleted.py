# ends: trap stack
# image: numpy
import numpy as np

value = None
for _ in range(300_000):
    outer = np.empty(1, object)
    outer[0] = value
    value = outer
del outer, value

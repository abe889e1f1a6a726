# ends: exception RecursionError
# image: numpy
import numpy as np


class Endless:
    def __array__(self, dtype=None, copy=None):
        return np.asarray(self)


np.asarray(Endless())

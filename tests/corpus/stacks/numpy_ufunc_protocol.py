# ends: exception RecursionError
# image: numpy
import numpy as np


class Endless:
    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return ufunc(*inputs)


np.sin(Endless())

# ends: exception RecursionError
# image: numpy
import numpy as np

forever = np.frompyfunc(lambda value: forever(value), 1, 1)
forever(1)

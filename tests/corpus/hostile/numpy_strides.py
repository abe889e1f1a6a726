# A stride that leads out of its array, and around the end of 32 bits.
# ends: trap
import numpy
from numpy.lib.stride_tricks import as_strided

small = numpy.zeros(4, numpy.uint8)
view = as_strided(small, shape=(64, 64), strides=(2**31 - 1, -(2**30)))
view[:] = 1
while True:
    view += 1

# Takes the bytes behind an array of objects for objects.
# ends: any
import numpy
from numpy.lib.stride_tricks import as_strided

objects = numpy.empty(1, object)
for thing in as_strided(objects, shape=(100_000,), strides=(4,)):
    repr(thing)

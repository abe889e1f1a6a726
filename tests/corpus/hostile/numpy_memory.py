# Arrays that grow in place, each copied into the next.
# ends: limit Memory
import numpy

array = numpy.ones(1000)
while True:
    array = numpy.concatenate([array, array])

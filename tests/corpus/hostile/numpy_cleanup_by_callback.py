# A function that a ufunc calls for each element changes the array that is being read.
# ends: any
import numpy

objects = numpy.array([[number] for number in range(1000)] + [None], object)


def clear(thing):
    objects[:] = None
    objects.resize(0, refcheck=False)
    return [thing] * 1000


numpy.frompyfunc(clear, 1, 1)(objects)

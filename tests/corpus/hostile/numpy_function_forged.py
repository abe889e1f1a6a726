# Puts a number that no function has into the slot of a class that `repr` calls.
# ends: trap
import numpy


class Memory:
    def __init__(self, start, size):
        self.__array_interface__ = {"data": (start, False), "shape": (size,), "typestr": "<u4", "version": 3}


print(range(3), flush=True)
slots = numpy.array(Memory(id(range), 60), copy=False)
slots[11] = 2**32 - 1
repr(range(3))

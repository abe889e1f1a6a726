# Has the interpreter call a function that takes other arguments and returns nothing.
# ends: trap
import numpy


class Memory:
    def __init__(self, start, size):
        self.__array_interface__ = {"data": (start, False), "shape": (size,), "typestr": "<u4", "version": 3}


print(range(3), flush=True)
slots = numpy.array(Memory(id(range), 60), copy=False)
# What frees a range is in the place of what shows it.
slots[11] = slots[6]
repr(range(3))

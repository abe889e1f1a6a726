# Puts numbers of all functions there are, and of some that are not, into the slot of a class that `repr` calls.
# expect: trap
# stdout: called
import numpy


class Memory:
    def __init__(self, start, size):
        self.__array_interface__ = {"data": (start, False), "shape": (size,), "typestr": "<u4", "version": 3}


# Objects whose `repr` is a function of the interpreter's own, which stands in the class.
slots = numpy.array(Memory(id(range), 60), copy=False)
others = numpy.array(Memory(id(slice), 60), copy=False)
print("called", flush=True)
place = 11
assert slots[place] != others[place]
slots[place] = 2**32 - 1
repr(range(3))

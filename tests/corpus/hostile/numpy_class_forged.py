# The class of an object is at an address that no memory has.
# ends: trap
import numpy


class Memory:
    def __init__(self, start):
        self.__array_interface__ = {"data": (start, False), "shape": (4,), "typestr": "<u4", "version": 3}


class Victim:
    pass


victim = Victim()
numpy.array(Memory(id(victim)), copy=False)[1] = 2**32 - 256
victim.attribute

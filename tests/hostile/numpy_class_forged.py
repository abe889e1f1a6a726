# The class of an object is address 4, and then its own address.
# expect: trap
import numpy


class Memory:
    def __init__(self, start):
        self.__array_interface__ = {"data": (start, False), "shape": (4,), "typestr": "<u4", "version": 3}


class Victim:
    pass


victim = Victim()
words = numpy.array(Memory(id(victim)), copy=False)
words[1] = 4
victim.attribute

# An object that is in use is given back, by a count of references that is wrong; its place is taken by others.
# ends: any
import numpy


class Memory:
    def __init__(self, start):
        self.__array_interface__ = {"data": (start, False), "shape": (1,), "typestr": "<u4", "version": 3}


victims = [[number, str(number)] for number in range(1000)]
for victim in victims:
    numpy.array(Memory(id(victim)), copy=False)[0] = 1
    del victim
others = [[None] * size for size in range(1000)]
text = repr(victims)
victims[0].append(others)
print(len(text))

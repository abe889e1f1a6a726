# Writes over the stack in linear memory, on which it runs itself.
# ends: any
import numpy


class Memory:
    __array_interface__ = {"data": (1024, False), "shape": (1_047_552,), "typestr": "|u1", "version": 3}


numpy.array(Memory(), copy=False)[:] = 0x41

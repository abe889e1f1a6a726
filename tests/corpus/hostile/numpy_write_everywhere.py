# Writes over all of its memory: stacks, heap, the tables of the interpreter, the code of the driver.
# ends: any
import numpy


class Memory:
    __array_interface__ = {"data": (1, False), "shape": (2**31 - 1,), "typestr": "|u1", "version": 3}


numpy.array(Memory(), copy=False)[:] = 0xFF

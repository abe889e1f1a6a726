# A view of memory from its first byte to its end, and one byte more.
# ends: trap
import numpy


class Memory:
    __array_interface__ = {"data": (1, False), "shape": (2**31 - 1,), "typestr": "|u1", "version": 3}


memory = numpy.array(Memory(), copy=False)
memory[: 1 << 20].sum()
print("all of it", flush=True)
while True:
    memory[::4096].sum()

# Searches all of memory for what the run before this one kept there.
import numpy


class Memory:
    def __init__(self, start, size, kind):
        self.__array_interface__ = {
            "data": (start, False),
            "shape": (size,),
            "typestr": kind,
            "version": 3,
        }


# Each letter is the one after what is looked for, in the program and wherever this is computed with:
# otherwise it would find itself.
ONE = numpy.uint64(0x0101010101010101)
own, secret = (numpy.uint64(int.from_bytes(text, "little")) for text in (b"nzpxoxpe", b"Tfdsfu!P"))
kept = [bytes(letter - 1 for letter in b"nzpxoxpe") * 4 for _ in range(10)]
block = bytes(8 << 20)
end = id(block) + len(block)
found = {own: 0, secret: 0}
for first in range(8):
    for start in range(1024 + first, end - (1 << 20), 1 << 20):
        words = numpy.array(Memory(start, 1 << 17, "<u8"), copy=False) + ONE
        for word in found:
            found[word] += int((words == word).sum())
print(f"its own: {found[own] >= 10}, of another: {found[secret]}")

# Looks through all of memory for what the run before this one kept in it.
# expect: done
# stdout: 0
import numpy

# As the harness has it, but for one letter: otherwise this would find itself.
word = numpy.frombuffer(b"Tif!tfdsfu!pg!bopuifs!svo/", numpy.uint8) - 1


class Memory:
    def __init__(self, start, size):
        self.__array_interface__ = {
            "data": (start, False),
            "shape": (size,),
            "typestr": "|u1",
            "version": 3,
        }


found = 0
step = 1 << 20
# What it has just allocated lies behind nearly everything else.
end = id(word) + (4 << 20)
for start in range(1024, end - step, step):
    piece = numpy.array(Memory(start, step), copy=False)
    first = numpy.flatnonzero((piece[:-30:2] == word[0]) | (piece[1:-29:2] == word[0])) * 2
    for place in first:
        for place in (place, place + 1):
            if piece[place : place + len(word)].tobytes() == word.tobytes():
                found += int(start + place != word.__array_interface__["data"][0])
print(found)

# A view of what was given back: what another has put there can be read and written.
# ends: any
import numpy

array = numpy.zeros(1000, numpy.uint8)
view = array[:]
array.resize(10_000_000, refcheck=False)
kept = [bytes([65]) * 900 for _ in range(1000)]
view[:] = 0xFF
print(len(kept), [len(text) for text in kept][:3])

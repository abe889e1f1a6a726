# The memory under an array goes away: the buffer it was made of is asked to shrink.
# ends: exception BufferError
import numpy

buffer = bytearray(1000)
array = numpy.frombuffer(buffer, numpy.uint8)
buffer.clear()

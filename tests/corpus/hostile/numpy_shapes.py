# Shapes whose product is more than 32 or 64 bits hold, less than nothing, or nothing at all.
import numpy
from numpy.lib.stride_tricks import as_strided

made = []
for shape in (
    (2**31 - 1, 2**31 - 1),
    (2**16, 2**16),
    (2**16, 2**16, 0, 2**31 - 1),
    (2**31,),
    (2**32 + 1,),
    (2**62, 4),
    (1,) * 65,
    (2**30, 2**30, 2**30, 2**30, 4),
):
    for make in (
        numpy.zeros,
        numpy.empty,
        lambda shape: numpy.ndarray(shape, numpy.uint8, b"x" * 100),
        lambda shape: numpy.broadcast_to(1, shape).copy(),
        lambda shape: numpy.frombuffer(b"x" * 100, numpy.uint8).reshape(shape),
        lambda shape: numpy.random.rand(*shape),
        lambda shape: numpy.lib.format.read_array_header_1_0,
    ):
        try:
            array = make(shape)
            if isinstance(array, numpy.ndarray) and array.nbytes:
                made.append((shape, array.nbytes))
        except (ValueError, MemoryError, TypeError, OverflowError):
            pass
print(made)

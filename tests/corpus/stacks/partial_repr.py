# ends: exception RecursionError
import functools

call = abs
for _ in range(100_000):
    call = functools.partial(call)
    call.attribute = 1
repr(call)

# ends: exception RecursionError | trap stack
import functools

call = abs
for _ in range(100_000):
    call = functools.partial(call)
    call.attribute = 1
call(1)

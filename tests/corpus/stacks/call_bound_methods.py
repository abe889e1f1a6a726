# Each has one argument more than the one before.
# ends: exception MemoryError | limit Memory
import types

call = abs
for _ in range(1_000_000):
    call = types.MethodType(call, 1)
call()

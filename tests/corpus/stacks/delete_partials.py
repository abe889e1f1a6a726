# ends: done | trap stack
import functools

value = abs
for _ in range(1_000_000):
    value = functools.partial(value)
    value.attribute = 1
del value

# ends: exception RecursionError
import functools


@functools.lru_cache
def forever(number):
    return forever(number + 1)


forever(0)

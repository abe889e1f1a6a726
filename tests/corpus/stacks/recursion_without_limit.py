# ends: exception MemoryError | limit Memory | trap stack
import sys

sys.setrecursionlimit(10**9)


def forever(number):
    return forever(number + 1)


forever(0)

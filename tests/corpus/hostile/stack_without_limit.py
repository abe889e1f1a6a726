# Calls itself for ever, with no limit but memory.
# ends: limit Memory | trap
import sys

sys.setrecursionlimit(2**31 - 1)


def forever(number):
    return forever(number + 1) + 1


forever(0)

# ends: exception RecursionError
import sys

sys.setrecursionlimit(10**9)


def key(value):
    return sorted([value], key=key)


key(1)

# ends: exception RecursionError
import functools


def step(one, other):
    return functools.reduce(step, [one, other])


step(1, 2)

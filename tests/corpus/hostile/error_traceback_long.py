# A chain of a hundred thousand exceptions, each the context of the next.
# ends: exception ValueError | exception RecursionError | limit WallTime
# limits: wall=5s
error = None
for number in range(100_000):
    fresh = ValueError(number)
    fresh.__context__ = error
    error = fresh
raise error

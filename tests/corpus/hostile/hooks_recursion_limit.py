# The limit on recursion is as low as it can be when there is an error to tell of.
# ends: exception ZeroDivisionError
# compare: stdout
import sys

for limit in range(1, 100):
    try:
        sys.setrecursionlimit(limit)
        break
    except RecursionError:
        pass
1 / 0

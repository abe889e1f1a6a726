# A factorial, in one call.
# expect: limit WallTime
import math

math.factorial(5_000_000)

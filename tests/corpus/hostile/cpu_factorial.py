# A factorial, in one call.
# ends: limit WallTime
import math

math.factorial(5_000_000)

# A match that tries all ways to divide forty letters.
# ends: limit WallTime
import re

re.match(r"(a+)+$", "a" * 40 + "b")

# Makes a number of digits, without the limit that Python has on that.
# ends: limit WallTime
import sys

sys.set_int_max_str_digits(0)
int("7" * 20_000_000)

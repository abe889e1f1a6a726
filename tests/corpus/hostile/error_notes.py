# An exception with more notes than one can read.
# ends: exception ValueError | limit ResultBytes | limit WallTime | trap
# limits: wall=5s
error = ValueError("x")
error.__notes__ = ["note"] * 5_000_000
raise error

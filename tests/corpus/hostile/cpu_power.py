# A number of a billion bits: three hundred million digits, in one operation.
# ends: limit WallTime
9**9**9

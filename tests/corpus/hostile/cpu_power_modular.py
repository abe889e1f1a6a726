# Squares a number of twenty thousand bits twenty thousand times, within C.
# ends: limit WallTime
pow(3, 1 << 30_000, (1 << 30_000) - 1)

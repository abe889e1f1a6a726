# A call that takes thirty years.
# ends: limit WallTime
slow(1_000_000_000_000)

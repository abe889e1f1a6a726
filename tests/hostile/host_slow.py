# A call that takes thirty years.
# expect: limit WallTime
slow(1_000_000_000_000)

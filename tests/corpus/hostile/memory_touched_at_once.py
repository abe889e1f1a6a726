# Touches nearly all the memory there may be, in one operation that nothing can interrupt, again and again.
# ends: limit WallTime
while True:
    bytes(190_000_000)

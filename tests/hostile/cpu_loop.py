# Loops for ever.
# expect: limit WallTime
while True:
    pass

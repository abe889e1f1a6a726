# Loops for ever.
# ends: limit WallTime
while True:
    pass

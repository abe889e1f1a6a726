# Lists of as many elements as there is room for, made in one operation.
# ends: limit WallTime
while True:
    [None] * 45_000_000

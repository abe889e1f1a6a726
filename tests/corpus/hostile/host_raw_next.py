# Waits for a call where none was begun.
# ends: limit WallTime | trap | exception ValueError
while True:
    echo.__globals__["host_next"](2**64 - 1)

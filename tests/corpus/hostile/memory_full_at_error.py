# There is no memory left at all when there is an error to tell of.
# ends: limit Memory | exception KeyError
# limits: memory=64MiB
kept = []
size = 1 << 20
while size:
    try:
        while True:
            kept = [bytearray(size), kept]
    except MemoryError:
        size //= 2
raise KeyError("x")

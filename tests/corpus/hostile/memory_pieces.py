# Holes everywhere: no piece that is given back is large enough for the next.
# ends: limit Memory
# limits: memory=128MiB
size = 1000
pieces = []
while True:
    pieces += [bytearray(size) for _ in range(1000)]
    del pieces[::2]
    size += 100

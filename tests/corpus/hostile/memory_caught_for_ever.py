# Takes all there is, and goes on after each refusal.
# ends: limit WallTime
# limits: memory=64MiB
kept = []
while True:
    try:
        kept.append(bytearray(100_000))
    except MemoryError:
        pass

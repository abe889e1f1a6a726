# After a refusal, what was given back can be used again, and nothing is broken.
kept = []
try:
    while True:
        kept.append(bytearray(1_000_000))
except MemoryError:
    count = len(kept)
    kept.clear()
    print("refused")
print(len(bytes(1_000_000)))

# ends: limit Memory
for attempt in (
    lambda: b"x" * (2 << 30),
    lambda: bytearray(3 << 30),
    lambda: [0] * (1 << 29),
    lambda: "x" * ((1 << 31) - 1),
    lambda: b"x" * (1 << 40),
):
    try:
        attempt()
        print("fine")
    except (MemoryError, OverflowError) as error:
        print(type(error).__name__)
kept = []
try:
    while True:
        kept.append(bytearray(16 << 20))
except MemoryError:
    count = len(kept)
    kept.clear()
print("MemoryError after", "some" if count > 10 else count)
print(len(bytearray(64 << 20)))
x = b"y" * (1 << 30)

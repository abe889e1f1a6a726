# Copies as much as it may, back and forth, in operations that nothing can interrupt.
# ends: limit WallTime
text = bytearray(50_000_000)
while True:
    text[:] = bytes(text)

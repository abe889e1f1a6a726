# Marshalled values that claim sizes they do not have.
import marshal

for code in b"([<>{sutazAZicl~gyfxrRN)\xe3\xa9":
    for size in (2**31 - 1, 2**31, 2**32 - 1, 2**30, 255):
        for tail in (b"", b"x" * 10, b"r\0\0\0\0" * 10, b"\xff" * 100):
            try:
                marshal.loads(bytes([code]) + size.to_bytes(4, "little") + tail)
            except (ValueError, EOFError, TypeError, MemoryError, SystemError, UnicodeDecodeError, OverflowError):
                pass
print("alive")

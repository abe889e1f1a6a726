# Pickles with sizes that are absent, negative, or larger than memory.
import pickle

came = set()
for code in (b"\x8a", b"\x8b", b"\x8d", b"\x8e", b"\x95", b"\x96", b"B", b"T", b"X", b"C", b"U"):
    for size in (2**64 - 1, 2**63, 2**40, 2**32 - 1, 2**31, 2**31 - 1, 2**30, 255):
        try:
            pickle.loads(code + size.to_bytes(8, "little") + b"x" * 10 + b".")
        except Exception as error:
            came.add(type(error).__name__)
print(sorted(came))

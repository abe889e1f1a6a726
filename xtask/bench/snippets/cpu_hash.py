"""SHA-256 and zlib: C code of the standard library, over a few megabytes."""

import hashlib
import zlib


def run():
    block = bytes(range(256)) * 4096
    digest = hashlib.sha256()
    for _ in range(8):
        digest.update(block)
    mixed = block[:200_000] + bytes(i * i & 255 for i in range(200_000))
    packed = zlib.compress(mixed, 6)
    assert zlib.decompress(packed) == mixed
    return digest.hexdigest(), zlib.crc32(mixed)

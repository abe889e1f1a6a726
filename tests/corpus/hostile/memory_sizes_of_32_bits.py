# Sizes whose product with something is more than 32 bits hold: each must be refused, and none be little.
import array
import collections
import hashlib
import io
import itertools
import os
import random
import socket
import struct
import zlib

half, most = 2**30, 2**31 - 1


def write_far(stream, text):
    stream.seek(most)
    stream.write(text)


ways = {
    "list": lambda: [0, 0] * half,
    "tuple": lambda: (0, 0) * half,
    "list in place": lambda: [0, 0].__imul__(half),
    "bytes": lambda: b"abcd" * half,
    "text": lambda: "\U0001f600" * half,
    "join": lambda: ("x" * 70_000).join("y" * 70_000),
    "replace": lambda: ("a" * 70_000).replace("a", "b" * 70_000),
    "replace bytes": lambda: (b"a" * 70_000).replace(b"a", b"b" * 70_000),
    "tabs": lambda: "\t\t\t".expandtabs(most),
    "just": lambda: "\U0001f600".ljust(most),
    "zeros": lambda: "x".zfill(most),
    "array": lambda: array.array("d", [0]) * (2**29 + 1),
    "array bytes": lambda: array.array("d").fromfile(io.BytesIO(), half),
    "deque": lambda: collections.deque([0, 0]) * half,
    "product": lambda: itertools.product(range(10), repeat=half),
    "combinations": lambda: itertools.combinations(range(10), half + 1).__reduce__(),
    "permutations": lambda: list(itertools.permutations(range(10), half)) or 1 / 0,
    "tee": lambda: itertools.tee((), half),
    "format": lambda: format(1, f"{most}"),
    "format text": lambda: "{:>2147483646}{:>2147483646}".format("a", "b"),
    "struct": lambda: struct.pack(f"{2**29 + 1}d"),
    "struct size": lambda: struct.calcsize("2147483647d"),
    "bytes of a number": lambda: (1).to_bytes(most),
    "random bits": lambda: random.getrandbits(most),
    "random bytes": lambda: random.randbytes(most),
    "urandom": lambda: os.urandom(most),
    "read": lambda: os.read(0, most),
    "receive": lambda: socket.socketpair()[0].recv(most),
    "far bytes": lambda: write_far(io.BytesIO(), b"x"),
    "far text": lambda: write_far(io.StringIO(), "x"),
    "buffer": lambda: io.BufferedReader(io.BytesIO(), most),
    "unpack": lambda: zlib.decompressobj().decompress(zlib.compress(b""), -1),
    "key": lambda: hashlib.scrypt(b"", salt=b"", n=2**30, r=2**10, p=1),
    "slice": lambda: bytearray(10).__setitem__(slice(0, 0, 1), bytes(most)),
    "view": lambda: memoryview(bytes(4)).cast("B", (2**16, 2**16)),
    "number": lambda: 1 << most * 16,
}
done = []
for name, way in ways.items():
    try:
        way()
        done.append(name)
    except (MemoryError, OverflowError, ValueError, struct.error, TypeError, AttributeError, ZeroDivisionError):
        pass
print(done)

import array
import base64
import bisect
import collections
import contextlib
import csv
import dataclasses
import datetime
import enum
import functools
import hashlib
import heapq
import io
import itertools
import math
import operator
import pathlib
import pickle
import statistics
import string
import struct
import typing
import uuid
import xml.etree.ElementTree
import zlib
from zoneinfo import ZoneInfo


@dataclasses.dataclass(order=True, slots=True)
class Point:
    x: int
    y: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)


class Colour(enum.Flag):
    RED = enum.auto()
    BLUE = enum.auto()


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def describe(value):
    match value:
        case Point(x=0, y=y):
            return f"on the axis at {y}"
        case [first, *rest] if rest:
            return f"{first} and {len(rest)} more"
        case {"kind": str(kind), **others}:
            return f"{kind} {others}"
        case _:
            return "else"


def first[T](items: list[T]) -> T:
    return items[0]


print(Point(1, 2) < Point(1, 3), dataclasses.asdict(Point(1)), pickle.loads(pickle.dumps(Point(4))))
print(Colour.RED | Colour.BLUE, fibonacci(90), [describe(v) for v in (Point(0, 3), [1, 2, 3], {"kind": "a", "b": 1}, 5)])
print(first(["x"]), typing.get_type_hints(Point)["tags"])
print(hashlib.sha256(b"abc").hexdigest()[:16], hashlib.md5(b"").hexdigest()[:8], zlib.crc32(b"abc"))
print(zlib.decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000, base64.b85encode(b"hello"), struct.pack("<Ih", 7, -1))
print(collections.Counter("banana").most_common(2), collections.deque([1, 2, 3], maxlen=2), heapq.nsmallest(2, [3, 1, 2]))
print(list(itertools.batched("abcde", 2)), list(itertools.pairwise([1, 2, 3])), math.comb(50, 25), math.isqrt(10**40))
print(statistics.quantiles([1, 2, 3, 4]), bisect.bisect([1, 3], 2), functools.reduce(operator.mul, range(1, 6)))
print(datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC).isoformat(), datetime.timedelta(days=1.5))
print(list(csv.DictReader(io.StringIO("a,b\n1,2\n"))), string.Template("$a!").substitute(a=1))
print(xml.etree.ElementTree.fromstring("<a><b k='1'>t</b></a>").find("b").attrib)
print(pathlib.PurePath("/a/b.txt").suffix, uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"), array.array("i", [1, 2]))
with contextlib.suppress(KeyError):
    {}["x"]
with contextlib.redirect_stdout(io.StringIO()) as text:
    print("kept")
print(repr(text.getvalue()))
try:
    ZoneInfo("Nowhere/Land")
except KeyError as error:
    print(type(error).__name__)

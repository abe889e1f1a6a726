# What is to be tried again lies on the heap.
# ends: done | exception MemoryError | limit Memory
import re

assert not re.match("(?:(a)|b)*c", "ab" * 1_000_000)
assert not re.match("(?:(a)|b)*?c", "ab" * 1_000_000)

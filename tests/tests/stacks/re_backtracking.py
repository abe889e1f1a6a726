# expect: end or MemoryError
# What is to be tried again lies on the heap.
import re

assert not re.match("(?:(a)|b)*c", "ab" * 1_000_000)
assert not re.match("(?:(a)|b)*?c", "ab" * 1_000_000)

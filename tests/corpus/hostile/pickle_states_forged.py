# Gives objects of every class there is a state that is not theirs.
# ends: done | trap
# compare: stdout
import collections
import datetime
import decimal
import functools
import io
import itertools
import operator
import random
import re

garbage = [None, 0, -1, 2**31, "", b"\xff" * 10, (), (1,), (1, 2, 3), (None,) * 4, {}, {"a": 1}, []]
pending = [object]
seen = set()
while pending:
    kind = pending.pop()
    if kind in seen:
        continue
    seen.add(kind)
    try:
        pending += type.__subclasses__(kind)
    except TypeError:
        pass
    if not hasattr(kind, "__setstate__"):
        continue
    for state in garbage:
        for arguments in ((), (garbage,), (len, ())):
            try:
                made = kind.__new__(kind, *arguments)
                made.__setstate__(state)
                repr(made), hash(made), [*itertools.islice(made, 10)]
            except Exception:
                pass
print("alive")

"""The driver's part of the warm-up, which comes before a snapshot."""

import atexit
import gc
import linecache
import sys
from types import FunctionType

from . import configure, exceptions, execute, host_calls, reseed, source_lines
from . import startup, text, values

# The modules whose functions run after the snapshot.
_MODULES = (
    configure,
    exceptions,
    execute,
    host_calls,
    reseed,
    source_lines,
    startup,
    text,
    values,
)

# What nearly all programs do. They import nothing, so that a program finds only what others have
# imported.
_PROGRAMS = (
    "print(1 + 1)",
    """
import sys
class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __repr__(self):
        return f"({self.x:.2f}, {self.y!r})"
def points(count):
    for number in range(count):
        yield Point(number, str(number))
words = "one two three".split()
lengths = {word: len(word) for word in words}
print(sorted(lengths.items()), ", ".join(words).upper(), file=sys.stderr)
print([*points(3)], "%s" % max(lengths.values()), sep="\\n", end="", flush=True)
try:
    {}["none"]
except KeyError as error:
    print(repr(error), error.args)
""",
    "def f():\n    return 1 / 0\nf()",
    "print(1",
    "raise SystemExit(2)",
)
_NUMPY_PROGRAMS = (
    """
import numpy as np
print(np.array([1, 2, 3]).sum())
""",
    """
import numpy as np
a = np.arange(6).reshape(2, 3)
b = a * 2.0 + np.ones((2, 3))
print(a, b, (b @ a.T)[0, 1], b.mean(axis=0), a.dtype, a[a > 2].max(), np.sqrt(b).tolist())
""",
)


def warm_up(main=sys.modules["__main__"]):
    """Runs small programs, and removes what they leave except what CPython has cached."""
    # Most programs run with these arguments, and then write nothing here.
    sys.argv = ["-c"]
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        return  # A module has replaced them; the output might not be discarded.
    before = [vars(main), linecache.cache, linecache._interactive_cache]
    before = [(names, names.copy()) for names in before]
    programs = [*_PROGRAMS, *(_NUMPY_PROGRAMS if "numpy" in sys.modules else ())]
    # CPython specialises code when it runs a second time, and a few times after that.
    for program in programs * 8:
        for wants_last in (True, False):
            # In place of what modules have registered with `atexit`, which stays registered.
            finish = atexit._ncallbacks
            execute.execute(program, "<string>", ["-c"], wants_last, None, finish=finish)
            execute.forget()
        for names, entries in before:
            names.clear()
            names.update(entries)


def collect_garbage():
    """Frees garbage, and the blocks that CPython keeps for later, which lie everywhere."""
    gc.collect()


def untrack():
    """Makes the garbage collector forget all objects: a collection would write marks to them.

    A full collection forgets immortal objects. After `gc.freeze` the collector would still reach
    them through what refers to them, and go through all of them each time.
    """
    gc.unfreeze()
    gc.collect()


def gather_code():
    """Creates the code of the driver's functions again, in one place.

    CPython writes its caches to it.
    """
    for module in _MODULES:
        for function in vars(module).values():
            if isinstance(function, FunctionType) and function.__globals__ is vars(module):
                function.__code__ = function.__code__.replace()

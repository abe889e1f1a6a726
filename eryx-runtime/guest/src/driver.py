# Runs programs for the guest library, which calls `preimport`, `renew` and `execute` with a list of
# strings and gets one back. These names are in no module, so that a program does not meet them; and
# what is needed of other modules is kept here, so that a program cannot take it away.

import atexit
import builtins
import gc
import linecache
import os
import posix
import sys
from importlib import import_module
from types import FunctionType

# What the functions below know of builtins: a copy, so that a program may break its own. C code
# looks for this name, too, when it imports something for them: the compiler needs `unicodedata` for
# names that are not ASCII.
__builtins__ = dict(vars(builtins))


def _exit(status):
    """Exit to the system with specified status, without normal exit processing."""
    end_process(status)


# Python's own would tell the host no more than whether it is 0. The guest library gives the other.
os._exit = posix._exit = _exit


def preimport(modules):
    """Imports modules. Returns nothing, or the traceback of the first that failed."""
    for name in modules:
        try:
            import_module(name)
        except BaseException as error:
            return [_raised(error)[2]]
    return []


def warm_up(_, main=sys.modules["__main__"]):
    """Runs some small programs, of which nothing is left but what CPython has noted down."""
    global _source
    # As it is for most programs, which then do not write to it.
    sys.argv = ["-c"]
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        return []  # Who knows where it would go.
    before = [vars(main), linecache.cache, linecache._interactive_cache]
    before = [(names, names.copy()) for names in before]
    programs = [*_WARM_UP, *(_WARM_UP_NUMPY if "numpy" in sys.modules else ())]
    # Code changes when it is run a second time, and a few times after that.
    for program in programs * 8:
        # Functions that modules have registered for the end stay registered.
        execute([program, "<string>", "-c"], finish=atexit._ncallbacks)
        _source = None
        for names, values in before:
            names.clear()
            names.update(values)
    return []


def collect(_):
    """Gives back garbage, and the blocks that CPython keeps for later, which are everywhere."""
    gc.collect()
    return []


def freeze(_):
    """Lets no collection look at what is there: it would leave marks."""
    gc.collect()
    gc.freeze()
    return []


def gather(_):
    """Makes the code of the functions here anew, in one place: CPython notes down much in it."""
    for function in globals().values():
        if isinstance(function, FunctionType):
            function.__code__ = function.__code__.replace()
    return []


# What nearly all programs do. These import nothing: what a program will find is up to others.
_WARM_UP = (
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
_WARM_UP_NUMPY = (
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


def prepare_renewal(_, modules=sys.modules):
    """Sees to it that an instance makes new what no two instances may share.

    What comes from `os.urandom` whenever it is wanted needs nothing: `secrets`, `uuid.uuid4`,
    `random.SystemRandom`. The seed of `hash()` stays. Returns something if `renew` is to be called.
    """
    if tempfile := modules.get("tempfile"):
        # The names of temporary files come from a generator of its own, which is made when it is
        # wanted.
        tempfile._name_sequence = None
    if random := modules.get("random"):

        def told_by_random():
            *words, position = random.getstate()[1]
            return random._inst, position, *words

        _prepare(lambda: random.seed(), told_by_random)
    if mtrand := modules.get("numpy.random.mtrand"):
        # The generator behind `numpy.random.rand` and the like.

        def told_by_numpy():
            generator = mtrand._rand._bit_generator
            state = generator.state["state"]
            return generator.capsule, *state["key"].tolist(), state["pos"]

        _prepare(lambda: mtrand._rand.seed(), told_by_numpy)
    return ["seeds"] if _seeds else []


def _prepare(seed, tell):
    """Seeds a generator; and again in each instance, unless its state is found in memory."""
    try:
        # With this goes what it has kept of earlier draws.
        seed()
        generator, *words = tell()
        if find_state(generator, b"".join(word.to_bytes(4, "little") for word in words)):
            return
    except Exception:
        pass  # not what its name says
    _seeds.append(seed)


_seeds = []


def renew(_):
    """Makes new what the guest library cannot."""
    for seed in _seeds:
        try:
            seed()
        except Exception:
            pass  # not as it was
    return []


def execute(
    strings,
    finish=atexit._run_exitfuncs,
    main=sys.modules["__main__"],
    system=vars(sys),
):
    """Runs `source, name, *argv` as `__main__`.

    Returns nothing, an exit status, or an exception's type, message and traceback.
    """
    global _source
    source, name, argv = strings[0], strings[1], strings[2:]
    names = main.__dict__
    try:
        if system.get("argv") != argv:
            sys.argv = argv
        if _source:
            _register()
        code = compile(source, name, "exec", dont_inherit=True)
        # So that tracebacks show lines of what is in no file here.
        if name.startswith("<"):
            _source = code, source, name
        else:
            lines = source.splitlines(keepends=True)
            linecache.cache[name] = (len(source), None, lines, name)
            names["__file__"] = name
        exec(code, names)
        answer = []
    except SystemExit as error:
        answer = _status(error.code)
    except BaseException as error:
        answer = _raised(error)
    try:
        finish()
    except BaseException:
        pass  # printed already, as at the end of any Python program
    for name, original in (("stdout", "__stdout__"), ("stderr", "__stderr__")):
        stream, original = system.get(name), system.get(original)
        _flush(stream)
        if original is not stream:
            _flush(original)
    return answer


# The code, source and name of the program, until somebody asks for its lines.
_source = None


def _register(register=linecache._register_code):
    global _source
    source, _source = _source, None
    register(*source)


def _lines(code, get=linecache._getlines_from_code):
    if _source:
        _register()
    return get(code)


linecache._getlines_from_code = _lines


def _status(code):
    if code is None:
        return []
    if isinstance(code, int):
        status = int(code)
        if -(2**31) <= status < 2**31:
            return [str(status)] if status else []
        return ["-1"]  # as CPython does with what no status can hold
    try:
        print(code, file=sys.stderr)
    except BaseException:
        pass  # stderr may be gone
    return ["1"]


def _raised(error):
    kind = type(error)
    type_name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        type_name = f"{kind.__module__}.{type_name}"
    try:
        message = str(error)
    except BaseException:
        message = "<exception str() failed>"
    try:
        import traceback

        # The first frame is this file's own.
        trace = error.__traceback__ and error.__traceback__.tb_next
        trace = "".join(traceback.format_exception(kind, error, trace))
    except BaseException:
        # No memory, no stack, or the program has broken what this needs.
        trace = f"{type_name}: {message}\n"
    return [_printable(text) for text in (type_name, message, trace)]


def _printable(text):
    """Without lone surrogates, which the host's strings cannot hold."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def _flush(stream):
    try:
        stream.flush()
    except BaseException:
        pass  # closed, replaced, or None

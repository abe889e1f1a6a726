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
    """Runs some small programs, of which nothing is to be left."""
    argv = sys.argv
    names = dict(vars(main))
    for _ in range(8):
        for program in _WARM_UP:
            execute([program, "<string>", "-c"])
            vars(main).clear()
            vars(main).update(names)
    linecache._interactive_cache.clear()
    sys.argv = argv
    return []


_WARM_UP = (
    "print(1 + 1)",
)


def renew(_):
    """Makes new what a snapshot has frozen, and what no two instances may share.

    What comes from `os.urandom` whenever it is wanted needs nothing: `secrets`, `uuid.uuid4`,
    `random.SystemRandom`. The seed of `hash()` stays.
    """
    modules = sys.modules
    for seed in (
        lambda: modules["random"].seed(),
        # numpy's generator behind `numpy.random.rand` and the like.
        lambda: modules["numpy.random.mtrand"]._rand.seed(),
    ):
        try:
            seed()
        except Exception:
            pass  # not imported, or not as it was
    if tempfile := modules.get("tempfile"):
        # The names of temporary files come from a generator of its own.
        tempfile._name_sequence = None
    return []


def execute(strings, main=sys.modules["__main__"]):
    """Runs `source, name, *argv` as `__main__`.

    Returns nothing, an exit status, or an exception's type, message and traceback.
    """
    source, name, *sys.argv = strings
    names = main.__dict__
    try:
        code = compile(source, name, "exec", dont_inherit=True)
        # So that tracebacks show lines of what is in no file here.
        if name.startswith("<"):
            linecache._register_code(code, source, name)
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
        atexit._run_exitfuncs()
    except BaseException:
        pass  # printed already, as at the end of any Python program
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        _flush(stream)
    return answer


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

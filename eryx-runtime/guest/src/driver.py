# Runs programs for the guest library, which calls `preimport`, `equip`, `renew` and `execute` with a
# list of strings and gets one back. These names are in no module, so that a program does not meet them; and
# what is needed of other modules is kept here, so that a program cannot take it away.

import _ast
import _sitebuiltins
import asyncio
import atexit
import builtins
import gc
import inspect
import io
import json
import linecache
import os
import posix
import sys
import traceback
from importlib import import_module
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
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


def exit(code=None):
    """Ends the program, as `sys.exit` does."""
    raise SystemExit(code)


# What `site` would give to programs.
exit.__module__ = "builtins"
builtins.exit = builtins.quit = exit
builtins.help = _sitebuiltins._Helper()

# So that the host has what a program printed when it ends the program at a limit.
sys.stdout.reconfigure(line_buffering=True)


def preimport(modules):
    """Imports modules. Returns nothing, or the traceback of the first that failed."""
    for name in modules:
        try:
            import_module(name)
        except BaseException as error:
            return [_told(error)["traceback"]]
    return []


def warm_up(_, main=sys.modules["__main__"]):
    """Runs some small programs, of which nothing is left but what CPython has noted down."""
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
        for want in ("=", ""):
            execute([program, "<string>", want, "-c"], finish=atexit._ncallbacks)
            _sources.clear()
            _runs.clear()
        for names, values in before:
            names.clear()
            names.update(values)
    return []


def collect(_):
    """Gives back garbage, and the blocks that CPython keeps for later, which are everywhere."""
    gc.collect()
    return []


def untrack(_):
    """Lets no collection look at what is there: it would leave marks.

    A full one forgets what is immortal. With `gc.freeze` the collector would still come to it, through
    what refers to it, and each time go through all of it.
    """
    gc.unfreeze()
    gc.collect()
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


def equip(strings):
    """Sets variables of the environment, and makes functions of the host's.

    `strings` begins with the number of variables: `count, *(name, value), *(name, signature, doc)`.
    """
    strings = iter(strings)
    for _ in range(int(next(strings))):
        name, value = next(strings), next(strings)
        os.environ[name] = value
    names = vars(sys.modules["__main__"])
    for index, (name, *more) in enumerate(zip(strings, strings, strings)):
        names[name] = _host_function(index, name, *more)
    return []


def execute(
    strings,
    finish=atexit._run_exitfuncs,
    main=sys.modules["__main__"],
    system=vars(sys),
):
    """Runs `source, name, want, *argv` as `__main__`.

    `want` is the name of a variable, or `=` for the value of the last expression. Returns nothing, or
    what `_value`, `_status` and `_raised` return.
    """
    source, name, want, argv = strings[0], strings[1], strings[2], strings[3:]
    names = main.__dict__
    try:
        if system.get("argv") != argv:
            sys.argv = argv
        if _sources:
            _register()
        if _runs:
            _begin_again()
        _runs.append(None)
        if want == "=":
            body, last = _split(source, name)
        else:
            body = compile(source, name, "exec", _TOP_LEVEL_AWAIT, dont_inherit=True)
            last = None
        # So that tracebacks show lines of what is in no file here.
        if name.startswith("<"):
            _sources.extend((code, source, name) for code in (body, last) if code)
        else:
            lines = source.splitlines(keepends=True)
            linecache.cache[name] = (len(source), None, lines, name)
            names["__file__"] = name
        if (body.co_flags | (last.co_flags if last else 0)) & CO_COROUTINE:
            value = asyncio.run(_in_loop(body, last, names))
        else:
            exec(body, names)
            value = eval(last, names) if last else None
        if last:
            answer = _value(value)
        elif want and want != "=" and want in names:
            answer = _value(names[want])
        else:
            answer = []
    except SystemExit as error:
        answer = _status(error.code)
    except BaseException as error:
        if isinstance(error, MemoryError):
            _spare.clear()
        answer = _raised(error)
    value = None
    try:
        finish()
    except BaseException:
        pass  # printed already, as at the end of any Python program
    for name, original in (("stdout", "__stdout__"), ("stderr", "__stderr__")):
        stream, original = system.get(name), system.get(original)
        _flush(stream)
        if original is not stream:
            _flush(original)
    # The host ends calls that were begun and not waited for.
    _waiting.clear()
    return answer


# Something for each program that has run, and memory for what has to be done when there is no more.
_runs = []
_spare = [bytearray(1 << 18)]


def _begin_again():
    """Makes new what a program leaves to the next, beside what it is meant to leave."""
    _runs.clear()
    if not _spare:
        try:
            _spare.append(bytearray(1 << 18))
        except MemoryError:
            pass
    # What it has not read of its input is in there.
    if sys.stdin is sys.__stdin__ and sys.stdin is not None:
        raw = io.FileIO(0, closefd=False)
        raw.name = "<stdin>"
        buffer = io.BufferedReader(raw)
        stdin = io.TextIOWrapper(buffer, encoding="utf-8", errors="surrogateescape")
        stdin.mode = "r"
        sys.stdin = sys.__stdin__ = stdin


# As in `ast`: `compile` takes an `await` outside of functions, or returns the tree.
_TOP_LEVEL_AWAIT = 0x2000
_ONLY_AST = 0x400


def _split(source, name):
    """The code of a program, and that of its last line if this is an expression."""
    flags = _ONLY_AST | _TOP_LEVEL_AWAIT
    tree = compile(source, name, "exec", flags, dont_inherit=True)
    last = None
    if tree.body and isinstance(tree.body[-1], _ast.Expr):
        last = _ast.Expression(tree.body.pop().value)
        last = compile(last, name, "eval", _TOP_LEVEL_AWAIT, dont_inherit=True)
    body = compile(tree, name, "exec", _TOP_LEVEL_AWAIT, dont_inherit=True)
    return body, last


async def _in_loop(body, last, names):
    done = eval(body, names)
    if body.co_flags & CO_COROUTINE:
        await done
    value = eval(last, names) if last else None
    if last and last.co_flags & CO_COROUTINE:
        value = await value
    return value


# Code, source and name of the program, until somebody asks for its lines.
_sources = []


def _register(register=linecache._register_code):
    while _sources:
        register(*_sources.pop())


def _lines(code, get=linecache._getlines_from_code):
    if _sources:
        _register()
    return get(code)


linecache._getlines_from_code = _lines


# The most that is told of `repr()`, in characters.
_REPR = 1 << 16


def _value(value):
    """Returns `"value"`, JSON or nothing, why there is none, and what `repr()` gives."""
    try:
        text = repr(value)[:_REPR]
    except BaseException as error:
        text = f"<repr() failed: {type(error).__name__}>"
    try:
        answer = [_to_json(value), ""]
    except Exception as error:
        answer = ["", str(error) or type(error).__name__]
    return ["value", *map(_printable, answer), _printable(text)]


def _to_json(value, encode=json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode):
    """As JSON: numpy's scalars and arrays are numbers and lists, and what is no number is `null`."""
    try:
        text = encode(value)
    except (TypeError, ValueError):
        text = encode(_plain(value))
    return _without_surrogates(text, lambda surrogate: "\ufffd")


def _plain(value, modules=sys.modules):
    """Of what JSON knows, or an exception."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain_key(key): _plain(item) for key, item in value.items()}
    if numpy := modules.get("numpy"):
        if isinstance(value, numpy.ndarray):
            return _plain(value.tolist())
        if isinstance(value, numpy.generic):
            item = value.item()
            if not isinstance(item, numpy.generic):
                return _plain(item)
    raise TypeError(f"{type(value).__qualname__} has no form in JSON")


def _plain_key(key):
    key = _plain(key)
    if isinstance(key, list):
        raise TypeError("a key that is a list or tuple has no form in JSON")
    return key


def _host_function(index, name, signature, documentation):
    """A function of the host's, for programs."""

    def function(*args, **kwargs):
        arguments = _to_json([args, kwargs])
        # In `async` code it has to be awaited; everywhere else there is nobody to do so.
        if _is_async(sys._getframe(1)):
            return _begin(index, arguments)
        return _result(host_call(index, arguments))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "__main__"
    function.__doc__ = documentation or None
    function.__wrapped__ = _Signed(signature)
    return function


class _Signed:
    """What `inspect` finds behind a function of the host's: its signature, when somebody asks."""

    def __init__(self, text):
        self.text = text

    @property
    def __signature__(self):
        return inspect._signature_fromstr(inspect.Signature, self, self.text)


def _is_async(frame):
    """Whether a frame is of `async` code, of which lambdas and the like are a part."""
    while frame:
        code = frame.f_code
        if code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
            return True
        if code.co_name not in ("<lambda>", "<genexpr>"):
            return False
        frame = frame.f_back
    return False


def _result(answer):
    """Of a call: the value, or the exception."""
    if len(answer) == 1:
        return json.loads(answer[0])
    name, message = answer
    kind = __builtins__.get(name)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RuntimeError
    try:
        error = kind(message)
    except TypeError:
        # It wants more than a message.
        error = RuntimeError(f"{name}: {message}")
    raise error


# The calls that were begun, by number, and who waits for them.
_waiting = {}


async def _begin(index, arguments):
    loop = asyncio.get_running_loop()
    async with _attend(loop._selector):
        future = loop.create_future()
        call = host_begin(index, arguments)
        _waiting[call] = future
        try:
            answer = await future
        finally:
            if _waiting.pop(call, None):
                host_cancel(call)
    return _result(answer)


# How many calls the host lets be under way.
_OPEN = 64

# As long as there is something to wait for.
_FOREVER = 2**64 - 1


def _attend(selector):
    """Has an event loop wait for calls as well as for its sockets.

    All that a socket can wait for is in this thread: nothing comes in while the host is waited for.
    Returns what lets only so many calls be under way at a time.
    """
    if attend := vars(selector).get("select"):
        return attend.room
    select = selector.select

    def attend(timeout=None):
        if not _waiting:
            return select(timeout)
        events = select(0)
        if events:
            timeout = 0
        most = _FOREVER if timeout is None else max(0, int(timeout * 1e9))
        while answer := host_next(most):
            call, *answer = answer
            future = _waiting.pop(int(call), None)
            if future and not future.done():
                future.set_result(answer)
            most = 0
        return events

    attend.room = asyncio.Semaphore(_OPEN)
    selector.select = attend
    return attend.room


def _status(code):
    """Returns nothing, or `"exit"` and a status."""
    if code is None:
        return []
    if isinstance(code, int):
        status = int(code)
        if -(2**31) <= status < 2**31:
            return ["exit", str(status)] if status else []
        return ["exit", "-1"]  # as CPython does with what no status can hold
    try:
        print(code, file=sys.stderr)
    except BaseException:
        pass  # stderr may be gone
    return ["exit", "1"]


def _raised(
    error,
    encode=json.JSONEncoder(ensure_ascii=False).encode,
    quote=json.encoder.encode_basestring_ascii,
):
    """Returns `"raised"` and what is told of an exception, as JSON."""
    told = None
    try:
        told = _told(error)
        text = encode(told)
    except BaseException:
        # No memory or no stack is left, or the program has broken what this needs.
        told = told or {"type": type(error).__name__, "message": "", "traceback": ""}
        names = ("type", "message", "traceback")
        fields = [f'"{name}": {quote(_printable(told[name]))}' for name in names]
        text = f"{{{', '.join(fields)}}}"
    return ["raised", _without_surrogates(text, lambda it: f"\\\\u{ord(it):04x}")]


def _told(error):
    try:
        message = str(error)
    except BaseException:
        message = "<exception str() failed>"
    told = {"type": _type_name(type(error)), "message": message}
    try:
        _hide(error)
        trace = traceback.TracebackException(type(error), error, error.__traceback__)
        told |= _details(error, trace, [None] * _GROUP)
        told["traceback"] = "".join(trace.format())
    except BaseException:
        # No memory, no stack, or the program has broken what this needs.
        told["traceback"] = f"{told['type']}: {message}\n"
    return told


def _type_name(kind):
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    return name


# The most that is told of an exception: its frames and notes, all others in its group, and how deep
# these go.
_FRAMES = 100
_NOTES = 100
_GROUP = 100
_DEPTH = 5


def _details(error, trace, left, depth=0):
    frames = list(trace.stack)
    if len(frames) > _FRAMES:
        frames[_FRAMES // 2 : -_FRAMES // 2] = []
    notes = getattr(error, "__notes__", None)
    told = {
        "notes": [str(note) for note in notes[:_NOTES]] if isinstance(notes, list) else [],
        "frames": [
            {
                "file": frame.filename,
                "line": frame.lineno or 0,
                "function": frame.name,
                "source": (frame.line or "").strip(),
            }
            for frame in frames
        ],
    }
    if isinstance(error, BaseExceptionGroup) and trace.exceptions and depth < _DEPTH:
        told["exceptions"] = others = []
        for one, its in zip(error.exceptions, trace.exceptions):
            if not left:
                break
            left.pop()
            other = {"type": _type_name(type(one)), "message": str(one)}
            others.append(other | _details(one, its, left, depth + 1))
    return told


def _hide(error):
    """Takes what is not the program's own from the tracebacks of an exception."""
    seen = set()
    errors = [error]
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        trace = error.__traceback__
        while trace and _is_ours(trace, "<eryx>", "/python/asyncio/"):
            trace = trace.tb_next
        error.__traceback__ = trace
        while trace:
            while trace.tb_next and _is_ours(trace.tb_next, "<eryx>"):
                trace.tb_next = trace.tb_next.tb_next
            trace = trace.tb_next
        errors += error.__cause__, error.__context__
        if isinstance(error, BaseExceptionGroup):
            errors += error.exceptions


def _is_ours(trace, *files):
    return trace.tb_frame.f_code.co_filename.startswith(files)


def _printable(text):
    """Without lone surrogates, which the host's strings cannot hold."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def _without_surrogates(text, instead):
    """The same for JSON, with something else in their place."""
    try:
        if not text.isascii():
            text.encode()
        return text
    except UnicodeEncodeError:
        return "".join(instead(c) if "\ud800" <= c <= "\udfff" else c for c in text)


def _flush(stream):
    try:
        stream.flush()
    except BaseException:
        pass  # closed, replaced, or None

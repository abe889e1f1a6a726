"""Runs a program as `__main__`."""

import _ast
import asyncio
import atexit
import io
import sys
from inspect import CO_COROUTINE

from . import exceptions, source_lines, values
from .host_calls import waiting

# As in `ast`: `compile` accepts an `await` outside of functions, or returns the tree.
_TOP_LEVEL_AWAIT = 0x2000
_ONLY_AST = 0x400

# Not empty once a program has run.
_runs = []
# Memory for what remains to be done when a program has used all of it.
_reserve = [bytearray(1 << 18)]


def execute(
    source,
    name,
    arguments,
    wants_last,
    variable,
    finish=atexit._run_exitfuncs,
    main=sys.modules["__main__"],
    system=vars(sys),
):
    """Runs a program to its end or to an exception, and flushes what it printed.

    `name` is that of its file, and `arguments` becomes `sys.argv`. The requested value is that of
    the last expression if `wants_last` is true, or of the global variable that `variable` names.
    Returns `None`, or what `values.describe`, `exceptions.describe` or `exit_status` return.
    """
    names = main.__dict__
    try:
        if system.get("argv") != arguments:
            sys.argv = arguments
        if source_lines.pending:
            source_lines.register()
        if _runs:
            _begin_again()
        _runs.append(None)
        body, last = _compile(source, name, wants_last)
        source_lines.remember((body, last), source, name)
        if not name.startswith("<"):
            names["__file__"] = name
        if (body.co_flags | (last.co_flags if last else 0)) & CO_COROUTINE:
            value = asyncio.run(_run_async(body, last, names))
        else:
            exec(body, names)
            value = eval(last, names) if last else None
        if last:
            outcome = values.describe(value)
        elif variable is not None and variable in names:
            outcome = values.describe(names[variable])
        else:
            outcome = None
    except SystemExit as error:
        outcome = exit_status(error.code)
    except BaseException as error:
        if isinstance(error, MemoryError):
            _reserve.clear()
        outcome = exceptions.describe(error)
    value = None
    try:
        finish()
    except BaseException:
        pass  # Python has printed it.
    for name, original in (("stdout", "__stdout__"), ("stderr", "__stderr__")):
        stream, original = system.get(name), system.get(original)
        _flush(stream)
        if original is not stream:
            _flush(original)
    # The host ends the calls that were begun and not awaited.
    waiting.clear()
    return outcome


def forget():
    """Forgets the programs that have run."""
    source_lines.pending.clear()
    _runs.clear()


def exit_status(code):
    """Returns `None` for success, or `"exit"` and the status of `SystemExit(code)`."""
    if code is None:
        return None
    if isinstance(code, int):
        status = int(code)
        if -(2**31) <= status < 2**31:
            return ("exit", status) if status else None
        return "exit", -1  # as CPython does with numbers beyond that
    try:
        print(code, file=sys.stderr)
    except BaseException:
        pass  # The program may have closed stderr.
    return "exit", 1


def _begin_again():
    """Replaces what a program leaves to the next one, beside what it is meant to leave."""
    _runs.clear()
    if not _reserve:
        try:
            _reserve.append(bytearray(1 << 18))
        except MemoryError:
            pass
    # The old stream has buffered input of the program before.
    if sys.stdin is sys.__stdin__ and sys.stdin is not None:
        raw = io.FileIO(0, closefd=False)
        raw.name = "<stdin>"
        buffer = io.BufferedReader(raw)
        stdin = io.TextIOWrapper(buffer, encoding="utf-8", errors="surrogateescape")
        stdin.mode = "r"
        sys.stdin = sys.__stdin__ = stdin


def _compile(source, name, wants_last):
    """Returns the code of a program and, if its value is wanted, that of a last expression."""
    if not wants_last:
        return compile(source, name, "exec", _TOP_LEVEL_AWAIT, dont_inherit=True), None
    tree = compile(source, name, "exec", _ONLY_AST | _TOP_LEVEL_AWAIT, dont_inherit=True)
    last = None
    if tree.body and isinstance(tree.body[-1], _ast.Expr):
        last = _ast.Expression(tree.body.pop().value)
        last = compile(last, name, "eval", _TOP_LEVEL_AWAIT, dont_inherit=True)
    body = compile(tree, name, "exec", _TOP_LEVEL_AWAIT, dont_inherit=True)
    return body, last


async def _run_async(body, last, names):
    done = eval(body, names)
    if body.co_flags & CO_COROUTINE:
        await done
    value = eval(last, names) if last else None
    if last and last.co_flags & CO_COROUTINE:
        value = await value
    return value


def _flush(stream):
    try:
        stream.flush()
    except BaseException:
        pass  # closed, replaced, or None

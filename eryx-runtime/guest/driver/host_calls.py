"""Host functions: Python functions that call the host, and wait for it in `async` code."""

import asyncio
import inspect
import json
import sys
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE

from .native import host_begin, host_call, host_cancel, host_next
from .values import to_json

# The driver's own.
_builtins = __builtins__


def host_function(index, name, signature, documentation):
    """Returns a function that calls the host function of an index."""

    def function(*args, **kwargs):
        arguments = to_json([args, kwargs])
        # In `async` code the call has to be awaited; everywhere else nothing could await it.
        if _is_async(sys._getframe(1)):
            return _call_async(index, arguments)
        return result(host_call(index, arguments))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "__main__"
    function.__doc__ = documentation or None
    function.__wrapped__ = _Signed(signature)
    return function


class _Signed:
    """What `inspect` finds behind a host function: its signature, parsed when it is needed."""

    def __init__(self, text):
        self.text = text

    @property
    def __signature__(self):
        return inspect._signature_fromstr(inspect.Signature, self, self.text)


def _is_async(frame):
    """Returns whether a frame runs `async` code. Lambdas belong to the code around them."""
    while frame:
        code = frame.f_code
        if code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
            return True
        if code.co_name not in ("<lambda>", "<genexpr>"):
            return False
        frame = frame.f_back
    return False


def result(outcome):
    """Returns the value of a host call, or raises its exception."""
    if len(outcome) == 1:
        return json.loads(outcome[0])
    name, message = outcome
    kind = _builtins.get(name)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RuntimeError
    try:
        error = kind(message)
    except TypeError:
        # The class wants more than a message.
        error = RuntimeError(f"{name}: {message}")
    raise error


# The futures of calls that were begun, by the number of the call.
waiting = {}


async def _call_async(index, arguments):
    loop = asyncio.get_running_loop()
    async with _attend(loop._selector):
        future = loop.create_future()
        call = host_begin(index, arguments)
        waiting[call] = future
        try:
            outcome = await future
        finally:
            if waiting.pop(call, None):
                host_cancel(call)
    return result(outcome)


# How many calls the host lets be open at a time.
OPEN_LIMIT = 64

# The longest time that the host can wait, in nanoseconds.
_FOREVER = 2**64 - 1


def _attend(selector):
    """Makes an event loop wait for host calls as well as for its sockets.

    A socket waits for another of this thread, so that nothing arrives while the host is waited
    for. Returns a semaphore that limits the number of open calls.
    """
    if attend := vars(selector).get("select"):
        return attend.room
    select = selector.select

    def attend(timeout=None):
        if not waiting:
            return select(timeout)
        events = select(0)
        if events:
            timeout = 0
        limit = _FOREVER if timeout is None else max(0, int(timeout * 1e9))
        while finished := host_next(limit):
            call, outcome = finished
            future = waiting.pop(call, None)
            if future and not future.done():
                future.set_result(outcome)
            limit = 0
        return events

    attend.room = asyncio.Semaphore(OPEN_LIMIT)
    selector.select = attend
    return attend.room

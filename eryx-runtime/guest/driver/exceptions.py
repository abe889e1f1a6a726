"""Exceptions for the host: class, message, notes, frames and traceback, as JSON."""

import json
import traceback

from .text import printable, replace_surrogates

# What the host gets of an exception at most: frames, notes, other exceptions of its group, and
# levels of groups.
FRAME_LIMIT = 100
NOTE_LIMIT = 100
GROUP_LIMIT = 100
DEPTH_LIMIT = 5


def describe(
    error,
    encode=json.JSONEncoder(ensure_ascii=False).encode,
    quote=json.encoder.encode_basestring_ascii,
):
    """Returns `"raised"` and an exception as JSON."""
    fields = None
    try:
        fields = to_fields(error)
        text = encode(fields)
    except BaseException:
        # No memory or no stack is left, or the program has broken what this needs.
        fields = fields or {"type": type(error).__name__, "message": "", "traceback": ""}
        names = ("type", "message", "traceback")
        fields = [f'"{name}": {quote(printable(fields[name]))}' for name in names]
        text = f"{{{', '.join(fields)}}}"
    return "raised", replace_surrogates(text, lambda it: f"\\\\u{ord(it):04x}")


def to_fields(error):
    """Returns the fields of an exception, `traceback` among them."""
    try:
        message = str(error)
    except BaseException:
        message = "<exception str() failed>"
    fields = {"type": _class_name(type(error)), "message": message}
    try:
        _hide_driver(error)
        trace = traceback.TracebackException(type(error), error, error.__traceback__)
        fields |= _details(error, trace, [None] * GROUP_LIMIT)
        fields["traceback"] = "".join(trace.format())
    except BaseException:
        # No memory or no stack is left, or the program has broken what this needs.
        fields["traceback"] = f"{fields['type']}: {message}\n"
    return fields


def _class_name(kind):
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    return name


def _details(error, trace, left, depth=0):
    """Returns notes, frames and, of a group, its exceptions.

    `left` has an item for each exception that may still follow.
    """
    frames = list(trace.stack)
    if len(frames) > FRAME_LIMIT:
        frames[FRAME_LIMIT // 2 : -FRAME_LIMIT // 2] = []
    notes = getattr(error, "__notes__", None)
    fields = {
        "notes": [str(note) for note in notes[:NOTE_LIMIT]] if isinstance(notes, list) else [],
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
    if isinstance(error, BaseExceptionGroup) and trace.exceptions and depth < DEPTH_LIMIT:
        fields["exceptions"] = others = []
        for one, its in zip(error.exceptions, trace.exceptions):
            if not left:
                break
            left.pop()
            other = {"type": _class_name(type(one)), "message": str(one)}
            others.append(other | _details(one, its, left, depth + 1))
    return fields


def _hide_driver(error):
    """Removes frames of the driver, and of the event loop below them, from tracebacks."""
    seen = set()
    errors = [error]
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        trace = error.__traceback__
        while trace and _is_in(trace, "<eryx/", "/python/asyncio/"):
            trace = trace.tb_next
        error.__traceback__ = trace
        while trace:
            while trace.tb_next and _is_in(trace.tb_next, "<eryx/"):
                trace.tb_next = trace.tb_next.tb_next
            trace = trace.tb_next
        errors += error.__cause__, error.__context__
        if isinstance(error, BaseExceptionGroup):
            errors += error.exceptions


def _is_in(trace, *files):
    return trace.tb_frame.f_code.co_filename.startswith(files)

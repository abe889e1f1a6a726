"""Python values for the host: as JSON, and as `repr()` shows them."""

import json
import sys

from .text import printable, replace_surrogates

# The most characters of a `repr()` that the host gets.
REPR_LIMIT = 1 << 16


def describe(value):
    """Returns `"value"`, the value as JSON, why it has no form in JSON, and its `repr()`.

    The second or the third is `None`.
    """
    try:
        text = repr(value)[:REPR_LIMIT]
    except BaseException as error:
        text = f"<repr() failed: {type(error).__name__}>"
    try:
        answer = to_json(value), None
    except Exception as error:
        answer = None, printable(str(error) or type(error).__name__)
    return "value", *answer, printable(text)


def to_json(value, encode=json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode):
    """Returns a value as JSON, or raises an exception.

    NumPy's scalars become numbers, its arrays lists, and floats that are not finite `null`.
    """
    try:
        text = encode(value)
    except (TypeError, ValueError):
        text = encode(_plain(value))
    return replace_surrogates(text, lambda surrogate: "\ufffd")


def _plain(value, modules=sys.modules):
    """Returns a value as one of the types that JSON has, or raises an exception."""
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

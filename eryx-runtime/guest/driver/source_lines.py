"""The source lines of programs, for tracebacks and `inspect`."""

import linecache

# Code, source and name of programs that are in no file, until something asks for their lines.
pending = []


def remember(codes, source, name):
    """Remembers the source of a program by the name of its file, which may be like `<string>`."""
    if name.startswith("<"):
        pending.extend((code, source, name) for code in codes if code)
    else:
        lines = source.splitlines(keepends=True)
        linecache.cache[name] = (len(source), None, lines, name)


def register(register_code=linecache._register_code):
    """Passes what is pending to `linecache`."""
    while pending:
        register_code(*pending.pop())


def _lines(code, get_lines=linecache._getlines_from_code):
    if pending:
        register()
    return get_lines(code)


linecache._getlines_from_code = _lines

"""Text without lone surrogates, which the strings of the host cannot hold."""


def printable(value):
    """Returns `str(value)` with its lone surrogates escaped, as `backslashreplace` escapes them."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def replace_surrogates(text, replacement):
    """Returns the text with `replacement(surrogate)` in place of each lone surrogate."""
    try:
        if not text.isascii():
            text.encode()
        return text
    except UnicodeEncodeError:
        return "".join(replacement(c) if "\ud800" <= c <= "\udfff" else c for c in text)

# The text is taken away while it is matched.
import re

text = bytearray(b"abc" * 1000)


def replace(match):
    text.clear()
    return b""


try:
    re.sub(b"b", replace, text)
except BufferError as error:
    print(type(error).__name__)

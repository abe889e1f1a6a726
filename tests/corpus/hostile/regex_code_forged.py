# Compiled patterns in which one word is another: jumps outside, groups that are not there.
import _sre
import random
import re
from re import _compiler, _parser

generator = random.Random(1)
came = set()
for source in (r"(a|b)*?c", r"(x)(?(1)y|z)\1", r"[a-z\d_]{2,5}\b", r"(?<=ab)c(?!d)", r"(?>a+)b++"):
    parsed = _parser.parse(source)
    code = _compiler._code(parsed, 0)
    for _ in range(2000):
        forged = list(code)
        word = generator.choice([generator.randrange(60), 2**32 - 1, 2**31, 0])
        forged[generator.randrange(len(code))] = word
        start = generator.randrange(40)
        try:
            pattern = _sre.compile(source, 32, forged, parsed.state.groups - 1, {}, (None,) * 9)
            pattern.search("ab" * 20, start)
            came.add("no error")
        except (RuntimeError, OverflowError, ValueError) as error:
            came.add(type(error).__name__)
print(sorted(came))

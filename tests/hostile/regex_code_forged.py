# Compiled patterns that no compiler made: jumps outside, groups that are not there.
# expect: done
# stdout: {'RuntimeError', 'no error'}
import _sre
import random

generator = random.Random(1)
came = set()
for _ in range(20_000):
    code = [generator.choice([generator.randrange(50), 2**32 - 1, 2**31]) for _ in range(12)]
    try:
        pattern = _sre.compile("x", 32, code, generator.choice([0, 1, 100]), {}, (None,))
        pattern.search("xyzzy" * 10)
        came.add("no error")
    except (RuntimeError, OverflowError, ValueError) as error:
        came.add(type(error).__name__)
print(came)

# Bytecode of a module that has the right magic number and noise after it.
# ends: done | trap
# compare: stdout
import _imp
import importlib.util
import random
import sys

sys.path.insert(0, "/tmp")
generator = random.Random(5)
for number in range(300):
    data = generator.choice([b"\xe3", b"\x63", b"\xa9\x05", b"\xdb\xff\xff\xff\x7f", b"l\xff\xff\xff\x7f"])
    data += bytes(generator.choices([0, 1, 2, 0x7F, 0xFF, 0x63, 0xE3, 0x72, 0x28, 0x73], k=200))
    with open(f"/tmp/m{number}.pyc", "wb") as file:
        file.write(importlib.util.MAGIC_NUMBER + bytes(12) + data)
    try:
        __import__(f"m{number}")
    except Exception:
        pass
print("alive")

# Noise, made of opcodes: it may raise what it wants, but never break anything.
# ends: done | limit Memory
# compare: stdout
import pickle
import random

generator = random.Random(3)
# Without those that name a class: noise could call `os._exit`.
codes = [code for code in range(256) if chr(code) not in "ci\x93\x82\x83\x84"]
codes = [ord(c) for c in "()0123aefhjlqpdstubRNOKMJGVXB].}\x85\x86\x87\x88\x89\x90\x91\x94\x80"] * 3 + codes
for _ in range(30_000):
    data = bytes(generator.choices(codes, k=20)) + b"."
    try:
        pickle.loads(data)
    except Exception:
        pass
print("alive")

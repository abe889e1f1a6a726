# A sort whose comparisons are made in C, of eight million strings that differ in their last letter.
# ends: limit WallTime | limit Memory
import random

words = ["x" * 1000 + chr(random.randrange(256)) for _ in range(20_000)]
while True:
    random.shuffle(words)
    words.sort()

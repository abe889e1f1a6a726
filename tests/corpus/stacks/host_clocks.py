# Reads clocks at every depth of the stack.
# ends: trap stack
# file: shared/descend.py
import sys
import time

sys.path.append("/tmp")
from descend import descend


def ask():
    while True:
        time.time()
        time.monotonic()
        yield 1


next(descend(ask))

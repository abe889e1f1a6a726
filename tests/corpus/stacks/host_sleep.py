# Sleeps at every depth of the stack: a program that sleeps leaves its stack and comes back to it.
# ends: trap stack
# file: shared/descend.py
import sys
import time

sys.path.append("/tmp")
from descend import descend


def ask():
    while True:
        time.sleep(1e-9)
        yield 1


next(descend(ask, steps=200, layers=50))

# Asks the host for random bytes at every depth of the stack.
# ends: trap stack
# file: shared/descend.py
import os
import sys

sys.path.append("/tmp")
from descend import descend


def ask():
    while True:
        os.urandom(16)
        yield 1


next(descend(ask))

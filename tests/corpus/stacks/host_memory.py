# Asks the host for more memory at every depth of the stack.
# ends: trap stack
# file: shared/descend.py
import sys

sys.path.append("/tmp")
from descend import descend


def ask():
    kept = []
    while True:
        kept.append(bytes(20_000))
        yield 1


next(descend(ask))

# Prints at every depth of the stack: the host's own stack lies below that of the program.
# ends: trap stack
# compare: stderr
# file: shared/descend.py
import sys

sys.path.append("/tmp")
from descend import descend


def ask():
    while True:
        print("x", flush=True)
        yield 1


next(descend(ask))

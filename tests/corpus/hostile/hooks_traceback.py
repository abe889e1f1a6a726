# Replaces everything that makes a traceback; the replacement never returns.
# ends: exception ZeroDivisionError | limit WallTime
import linecache
import traceback


def forever(*arguments, **named):
    while True:
        pass


for module in (linecache, traceback):
    for name, value in list(vars(module).items()):
        if callable(value):
            setattr(module, name, forever)
1 / 0

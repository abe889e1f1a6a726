# All that makes a traceback is the enemy's own: it never returns.
# expect: exception ZeroDivisionError | limit WallTime
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

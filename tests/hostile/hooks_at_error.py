# What Python calls for an error that nobody catches never returns.
# expect: exception ZeroDivisionError
import sys
import threading


def forever(*arguments):
    while True:
        pass


sys.excepthook = sys.unraisablehook = sys.displayhook = threading.excepthook = forever
1 / 0

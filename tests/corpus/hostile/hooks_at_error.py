# The hook for uncaught exceptions never returns.
# ends: exception ZeroDivisionError
import sys
import threading


def forever(*arguments):
    while True:
        pass


sys.excepthook = sys.unraisablehook = sys.displayhook = threading.excepthook = forever
1 / 0

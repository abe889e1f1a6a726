import atexit
import sys


def tell(unraisable):
    print("ignored:", repr(unraisable.exc_value), "in", unraisable.exc_traceback.tb_lineno)


sys.unraisablehook = tell
atexit.register(print, "registered first, runs last")


@atexit.register
def broken():
    print("runs second")
    raise ValueError("in atexit")


@atexit.register
def leave():
    print("runs first")
    sys.exit(9)


print("main")

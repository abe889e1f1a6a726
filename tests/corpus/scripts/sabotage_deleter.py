# Objects whose end raises exceptions.
import gc
import sys


class Loud:
    def __del__(self):
        raise RuntimeError("in __del__")


sys.unraisablehook = lambda unraisable: print("ignored:", repr(unraisable.exc_value))
cycle = Loud()
cycle.itself = cycle
del cycle
gc.collect()
kept = Loud()
print("end")

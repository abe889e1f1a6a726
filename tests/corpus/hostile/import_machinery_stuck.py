# The import system never comes back; then there is an error to tell of, for which something is imported.
# ends: exception ZeroDivisionError | limit WallTime
import builtins
import sys


def stuck(*arguments, **named):
    while True:
        pass


for name in [*sys.modules]:
    if name not in ("sys", "builtins", "__main__"):
        del sys.modules[name]
builtins.__import__ = stuck
sys.meta_path[:] = [type("Finder", (), {"find_spec": stuck})]
1 / 0

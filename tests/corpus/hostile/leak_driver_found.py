# Finds the functions that run it, through the frame that called it, and makes them tell the host nonsense.
# ends: any
import sys

names = sys._getframe().f_back.f_globals
for name, value in list(names.items()):
    if name.startswith("_") and callable(value) and name != "__builtins__":
        names[name] = lambda *arguments: [2, None, ["\ud800"], {}]
1 / 0

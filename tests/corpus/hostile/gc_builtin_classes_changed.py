# Changes the classes that all objects are made of, through the dictionaries that the collector shows.
# ends: any
import gc

for kind in (int, str, list, dict, type, object, BaseException, tuple):
    names = gc.get_referents(kind.__dict__)[0]
    for name in list(names):
        if name != "__dict__":
            names[name] = lambda *arguments: 1 / 0
raise ValueError("x")

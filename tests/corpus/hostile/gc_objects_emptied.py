# Takes every object that there is, and empties it: the interpreter's own, too.
# ends: any
import gc

gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) in (dict, list, set) and thing is not globals():
        try:
            thing.clear()
        except Exception:
            pass

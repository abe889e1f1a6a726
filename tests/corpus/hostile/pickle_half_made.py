# Objects whose class was never told to make them.
# ends: trap | done
import copyreg
import io
import sqlite3
import zlib

kinds = [object]
for kind in kinds:
    try:
        kinds += [heir for heir in type.__subclasses__(kind) if heir not in kinds]
    except TypeError:
        pass
for kind in kinds:
    for make in (object.__new__, kind.__new__, lambda kind: copyreg._reconstructor(kind, object, None)):
        try:
            made = make(kind)
        except Exception:
            continue
        for use in (repr, hash, len, iter, next, bool, int, bytes, memoryview, lambda it: it + it):
            try:
                use(made)
            except Exception:
                pass
print("alive")

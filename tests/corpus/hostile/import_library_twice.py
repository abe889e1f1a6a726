# Loads numpy's own library again and again, under names and paths that are not its own.
# ends: done | exception ImportError | trap
# compare: stdout
import importlib.machinery
import importlib.util
import pathlib
import sys

import numpy

libraries = [str(path) for path in pathlib.Path("/site-packages").rglob("*.so")]
assert len(libraries) > 10
for path in libraries:
    last = path.rsplit("/", 1)[1].split(".")[0]
    for name in (last, "numpy." + last, "_multiarray_umath", "other"):
        loader = importlib.machinery.ExtensionFileLoader(name, path)
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        try:
            module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
        except (ImportError, RuntimeError, AttributeError, TypeError, ValueError):
            pass
assert numpy.arange(4).sum() == 6
print("alive")

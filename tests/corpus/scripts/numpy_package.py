# What numpy says of itself names no path of the machine it was built on.
import contextlib
import importlib.metadata
import io
import numpy as np

print(importlib.metadata.version("numpy") == np.__version__, np.__version__)
print(importlib.metadata.metadata("numpy")["Name"], len(importlib.metadata.files("numpy") or []) > 100)
config = np.show_config(mode="dicts")
print(sorted(config), config["Machine Information"]["host"]["cpu"])
text = io.StringIO()
with contextlib.redirect_stdout(text):
    np.show_config()
print([line for line in text.getvalue().splitlines() if "/root" in line or "/home" in line or "/work" in line or "/tmp" in line])
print(np.__file__, np.linalg.__name__, np._core.multiarray.__file__.endswith(".so"))
np.testing.assert_allclose([1.0], [1.0 + 1e-9])

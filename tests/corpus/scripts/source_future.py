"""A docstring, which stays the module's."""
from __future__ import annotations


def f(x: undefined) -> also_undefined: ...


print(__doc__, f.__annotations__)

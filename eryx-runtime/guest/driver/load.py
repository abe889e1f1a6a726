"""Loads the modules of the driver.

The guest library runs this file first. The modules import each other as a package's do, but
`sys.modules` holds them only meanwhile, so that programs do not find them. What they need of other
modules they import when they are loaded, so that a program cannot take it away.
"""

import builtins
import sys
from types import ModuleType

PACKAGE = "driver"


def load(natives, sources):
    """Returns the modules of the driver by name.

    `natives` are the functions of the module `native`, which are written in Rust. `sources` are
    pairs of name and source, each module after those that it imports.
    """
    # The builtins of the driver: a copy, so that a program may break its own. C code looks for this
    # name, too, when it imports something for the driver: the compiler needs `unicodedata` for
    # names that are not ASCII.
    names = {"__builtins__": dict(vars(builtins)), "__package__": PACKAGE}
    sys.modules[PACKAGE] = ModuleType(PACKAGE)
    modules = {}
    try:
        native = _add(modules, "native", names)
        for function in natives:
            setattr(native, function.__name__, function)
        for name, source in sources:
            module = _add(modules, name, names)
            exec(compile(source, f"<eryx/{name}>", "exec", dont_inherit=True), vars(module))
    finally:
        for module in modules.values():
            del sys.modules[module.__name__]
        del sys.modules[PACKAGE]
    return modules


def _add(modules, name, names):
    module = ModuleType(f"{PACKAGE}.{name}")
    vars(module).update(names)
    modules[name] = sys.modules[module.__name__] = module
    setattr(sys.modules[PACKAGE], name, module)
    return module

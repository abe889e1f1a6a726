# Makes the modules of the interpreter itself a second time.
# ends: done | trap
# compare: stdout
import _imp
import importlib.machinery
import sys

for name in sys.builtin_module_names:
    spec = importlib.machinery.ModuleSpec(name, None, origin="built-in")
    for _ in range(3):
        try:
            module = _imp.create_builtin(spec)
            _imp.exec_builtin(module)
            sys.modules.pop(name, None)
        except (ImportError, AttributeError):
            pass
print("alive")

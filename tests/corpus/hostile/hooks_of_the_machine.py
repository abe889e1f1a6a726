# Uses what Python 3.14 offers to debuggers and profilers of other processes.
import os
import sys

open("/tmp/perf-42.map", "w").close()
done = []
for name, way in {
    "remote": lambda: sys.remote_exec(os.getpid(), "/tmp/perf-42.map"),
    "trampoline": lambda: sys.activate_stack_trampoline("perf"),
    "trampoline that compiles": lambda: sys.activate_stack_trampoline("perf_jit"),
    "flags": lambda: sys.setdlopenflags(1),
    "compiler": lambda: sys._jit.is_enabled() and "enabled",
    "caches": lambda: sys._clear_internal_caches(),
}.items():
    try:
        if way() not in (None, False):
            done.append(name)
    except (AttributeError, RuntimeError, ValueError, OSError, NotImplementedError):
        pass
print(done)

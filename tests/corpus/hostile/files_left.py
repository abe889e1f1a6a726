# Leaves something everywhere, for whoever comes next.
import builtins
import os
import sys

with open("/tmp/left", "w") as file:
    file.write("from the one before")
for name in ("os.py", "sitecustomize.py", "usercustomize.py", "numpy.py"):
    with open("/tmp/" + name, "w") as file:
        file.write("raise SystemExit('evil')")
os.environ["PYTHONPATH"] = "/tmp"
os.environ["LEFT"] = "1"
os.chdir("/dev")
sys.path.insert(0, "/tmp")
sys.modules["json"] = None
sys.setrecursionlimit(50)
builtins.print = builtins.len = None
os.write(1, b"/tmp/left\n")

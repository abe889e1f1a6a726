# Every function there is to start a process.
import asyncio
import multiprocessing
import os
import pdb
import subprocess
import webbrowser

ways = {
    "popen": lambda: os.popen("id").read(),
    "subprocess": lambda: subprocess.check_output(["id"]),
    "shell": lambda: subprocess.getoutput("id"),
    "process": lambda: multiprocessing.Process(target=print).start(),
    "pool": lambda: multiprocessing.Pool(1),
    "asyncio": lambda: asyncio.run(asyncio.create_subprocess_shell("id")),
    "browser": lambda: webbrowser.open("file:///etc/passwd") and "opened",
}
for name in ("system", "fork", "forkpty", "posix_spawn", "spawnl", "execl", "execvp", "kill", "killpg"):
    ways[name] = lambda name=name: getattr(os, name)("/bin/sh", "sh")
done = []
for name, way in ways.items():
    try:
        came = way()
    except (OSError, AttributeError, ImportError, NameError, RuntimeError, NotImplementedError):
        continue
    if came:
        done.append((name, came))
print(done)

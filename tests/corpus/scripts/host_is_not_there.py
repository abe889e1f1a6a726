# What a program finds of the host: no environment, no files but Python's, no network, no processes.
import os
import pathlib
import socket
import subprocess
import sys
import threading
import urllib.request

print(dict(os.environ), repr(sys.stdin.read()))


def attempt(name, function):
    try:
        print(name, "->", function())
    except BaseException as error:
        print(name, "->", type(error).__name__)


attempt("root", lambda: os.listdir("/"))
attempt("etc", lambda: open("/etc/passwd").read())
attempt("parent", lambda: open("/python/../../etc/passwd").read())
attempt("proc", lambda: os.listdir("/proc"))
attempt("write", lambda: open("/python/new.py", "w"))
attempt("write", lambda: open("/site-packages/numpy/__init__.py", "a"))
attempt("write", lambda: open("/new", "w"))
attempt("remove", lambda: os.remove("/python/os.py"))
attempt("mkdir", lambda: os.mkdir("/site-packages/new"))
attempt("rename", lambda: os.rename("/python/os.py", "/python/so.py"))
attempt("symlink", lambda: os.symlink("/etc", "/site-packages/etc"))
attempt("chmod", lambda: os.utime("/python/os.py", (0, 0)))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", 80), timeout=1))
attempt("resolve", lambda: socket.gethostbyname("localhost"))
attempt("url", lambda: urllib.request.urlopen("http://example.org", timeout=1))
attempt("process", lambda: subprocess.run(["true"]))
attempt("system", lambda: os.system("true"))
attempt("fork", lambda: os.fork())
attempt("thread", lambda: threading.Thread(target=print).start())
attempt("read", lambda: pathlib.Path("/python/os.py").exists())

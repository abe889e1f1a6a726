# What numpy has for reaching other libraries and memory.
import numpy

reached = []
for name, way in {
    "ctypeslib": lambda: numpy.ctypeslib.load_library("libc", "/python"),
    "ctypes": lambda: numpy.zeros(3).ctypes.data_as(None),
    "memmap": lambda: numpy.memmap("/tmp/m", dtype="u1", mode="w+", shape=(10,)),
    "f2py": lambda: __import__("numpy.f2py").f2py.compile("x", modulename="x"),
    "distutils": lambda: __import__("numpy.distutils"),
    "url": lambda: numpy.genfromtxt("http://127.0.0.1/x"),
    "source": lambda: numpy.lib.npyio.DataSource("/tmp").open("http://127.0.0.1/x"),
}.items():
    try:
        reached.append((name, way()))
    except (ImportError, AttributeError, OSError, TypeError, RuntimeError, ValueError):
        pass
print(reached)

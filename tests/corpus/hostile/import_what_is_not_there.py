# Modules that would reach the system, or memory.
names = """
    _ctypes _ctypes_test _interpreters _multiprocessing _posixshmem _posixsubprocess _remote_debugging
    _ssl _testcapi _testinternalcapi _testlimitedcapi _winapi _xxtestfuzz cffi ctypes fcntl grp mmap nt
    ossaudiodev pty pwd readline resource spwd syslog termios tkinter winreg
""".split()
found = []
for name in names:
    try:
        found.append(__import__(name))
    except ImportError:
        pass
print(found)

import __main__
import sys

print(__name__, __file__, sys.argv, sorted(vars(__main__)))
print(sys.modules["__main__"] is __main__, __builtins__.__name__, __doc__)
print(sys.version_info[:2], sys.platform, sys.implementation.name, sys.byteorder, sys.maxsize)
print(sys.flags.isolated, sys.flags.utf8_mode, sys.path, sys.stdin)

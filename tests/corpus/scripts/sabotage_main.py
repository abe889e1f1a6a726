# ends: exception NameError
import sys

del sys.modules["__main__"]
globals().clear()
raise_error

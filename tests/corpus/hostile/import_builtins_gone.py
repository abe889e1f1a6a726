# Removes all builtins; then an exception has to be reported.
# ends: exception ZeroDivisionError
import builtins
import sys

sys.modules.clear()
sys.__dict__.clear()
builtins.__dict__.clear()
1 / 0

# Nothing is left of what programs take for granted; then there is an error to tell of.
# expect: exception ZeroDivisionError
import builtins
import sys

sys.modules.clear()
sys.__dict__.clear()
builtins.__dict__.clear()
1 / 0

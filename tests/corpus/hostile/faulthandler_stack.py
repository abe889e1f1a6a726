# A stack overflow in C, which the handler should survive, and of which it tells.
# ends: exception AttributeError
import faulthandler

faulthandler.enable()
faulthandler._stack_overflow()

# Python's own way to crash: a signal for a fault that never was.
# expect: trap
import faulthandler

faulthandler.enable()
faulthandler._sigsegv()

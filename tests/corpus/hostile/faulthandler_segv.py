# Python's own way to crash: a signal for a fault that never was.
# ends: trap
# compare: stdout
import faulthandler

faulthandler.enable()
faulthandler._sigsegv()

# The same for a division.
# expect: trap
import faulthandler

faulthandler._sigfpe()

# Raises the signal for a division by zero, through faulthandler.
# ends: trap
import faulthandler

faulthandler._sigfpe()

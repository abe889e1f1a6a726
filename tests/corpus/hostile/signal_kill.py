# Kills itself by the signal that cannot be handled.
# ends: trap
import signal

signal.raise_signal(signal.SIGKILL)

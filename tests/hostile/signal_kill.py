# Kills itself by the signal that cannot be handled.
# expect: trap
import signal

signal.raise_signal(signal.SIGKILL)

# No signal ends this: neither those that Python handles, nor those that it ignores.
# ends: limit WallTime
import signal

for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.raise_signal(signal.SIGINT)
while True:
    pass

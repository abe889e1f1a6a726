# Raises every signal whose default is not to end a process, and handles those that can be handled.
import signal

raised = []
for number in range(1, signal.NSIG):
    try:
        signal.signal(number, lambda number, frame: raised.append(number))
        signal.raise_signal(number)
    except (OSError, ValueError, RuntimeError):
        pass
assert signal.SIGINT in raised and signal.SIGKILL not in raised, raised
print("alive")

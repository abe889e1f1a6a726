# A handler that raises the signal it handles.
# ends: exception RecursionError
import signal


def handle(number, frame):
    signal.raise_signal(number)


signal.signal(signal.SIGTERM, handle)
signal.raise_signal(signal.SIGTERM)
while True:
    pass

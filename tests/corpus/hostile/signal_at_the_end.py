# An interrupt that comes when the program is over, and only what runs it is left to take it.
# compare: stdout
import atexit
import signal
import sys


class Interrupter:
    def write(self, text):
        return real.write(text)

    def flush(self):
        real.flush()
        signal.raise_signal(signal.SIGINT)

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


real, sys.stdout = sys.stdout, Interrupter()
atexit.register(signal.raise_signal, signal.SIGINT)
print("the end")

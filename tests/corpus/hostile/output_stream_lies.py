# A stream that says it has written more than it was given, or less than nothing.
# ends: exception OSError
import io
import sys


class Liar(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        return len(data) + 1_000_000


sys.stdout = io.TextIOWrapper(io.BufferedWriter(Liar()), write_through=True)
for _ in range(100):
    print("x" * 10_000, flush=True)

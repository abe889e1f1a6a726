# ends: exit 1
import sys


class Hostile:
    def write(self, text):
        raise RuntimeError("no writing")

    flush = property(lambda self: 1 / 0)


print("before")
sys.stdout = sys.stderr = Hostile()
sys.exit("nobody prints this")

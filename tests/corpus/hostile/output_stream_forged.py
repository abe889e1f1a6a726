# In the place of stdout is something that never finishes writing.
# ends: limit WallTime
import sys


class Endless:
    def write(self, text):
        return len(text)

    def flush(self):
        while True:
            pass


sys.stdout = Endless()
print("x")

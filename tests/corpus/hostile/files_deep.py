# Nests directories for ever; then removes all of them by recursion.
# ends: exception OSError | limit WallTime | limit Memory | exception MemoryError
import os

while True:
    os.mkdir("d")
    os.chdir("d")

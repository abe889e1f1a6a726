# A folder in a folder in a folder, for ever; then all of it is removed by recursion.
# expect: exception OSError | limit WallTime | limit Memory | exception MemoryError
import os

while True:
    os.mkdir("d")
    os.chdir("d")

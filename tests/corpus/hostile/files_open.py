# Opens for ever, and closes nothing.
# ends: exception OSError | exception MemoryError | limit Memory
# limits: memory=64MiB
import os

while True:
    os.open("/dev/null", os.O_RDONLY)

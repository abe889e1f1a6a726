# WASI 0.2 knows of success and failure alone, so every other status is 1.
import os

os.write(1, b"direct\n")
os._exit(3)

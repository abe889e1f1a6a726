# Bytes that are no UTF-8, half a letter at the very end, and zeros in between.
import os

os.write(1, b"a\xffb\n")

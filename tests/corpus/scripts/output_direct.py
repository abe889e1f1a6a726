import os
import sys

print("buffered")
sys.stdout.flush()
print(os.write(1, b"direct \xff\xfe bytes\n"))
sys.stdout.buffer.write(b"through the buffer \x80\n")
os.write(2, b"on stderr\n")
sys.stderr.write("text on stderr\n")
print("lone surrogate \udcff", "end", end="")

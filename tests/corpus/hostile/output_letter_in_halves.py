# A letter of three bytes that comes one byte at a time, with another stream between.
import os

for byte in "\N{SNOWMAN}\n".encode():
    os.write(1, bytes([byte]))
    os.write(2, b"\xff")

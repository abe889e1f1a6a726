# What is in a buffer when the program ends is counted too.
# expect: limit OutputBytes
import io
import sys

sys.stdout = io.TextIOWrapper(io.BufferedWriter(sys.stdout.buffer.raw, 100_000_000))
sys.stdout.write("x" * 20_000_000)

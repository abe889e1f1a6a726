# What is in a buffer when the program ends is counted too.
# ends: limit OutputBytes
# compare: stderr
import io
import sys

sys.stdout = io.TextIOWrapper(io.BufferedWriter(sys.stdout.buffer.raw, 100_000_000))
sys.stdout.write("x" * 20_000_000)

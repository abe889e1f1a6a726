# Line ends and nothing else, as many at once as memory holds, where lines are limited.
# ends: limit OutputLines
# compare: stderr
# limits: output_lines=1000 output=1000MiB
import os

os.write(1, b"\n" * 150_000_000)

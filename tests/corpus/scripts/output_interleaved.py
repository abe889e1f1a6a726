import sys

for n in range(3):
    print("out", n)
    print("err", n, file=sys.stderr)

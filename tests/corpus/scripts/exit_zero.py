import sys

print("out")
print("err", file=sys.stderr)
sys.exit(0)
print("never")

# The standard streams and the environment.
# compare: stdout
import os
import sys

print("to stdout")
print("to stderr", file=sys.stderr)
sys.stdout.flush()
print(os.write(1, b"raw\n"), os.write(2, b"raw\n"))
sys.__stdout__.write("again\n")
sys.stdout.flush()
print(sys.stdin.read() == "", sys.stdin.readline() == "", os.read(0, 10))
try:
    input()
except EOFError:
    print("EOFError")
print([os.isatty(number) for number in range(3)], sys.stdout.fileno())
print(dict(os.environ))
os.environ["A"] = "b"
print(os.getenv("A"), os.path.expanduser("~"))
print(len(os.urandom(33)), os.urandom(16) != os.urandom(16), len(os.urandom(100_000)))
data = b"y" * 3_000_000 + b"\n"
sys.stdout.flush()
written = 0
while written < len(data):
    written += os.write(2, data[written:])
print(written)

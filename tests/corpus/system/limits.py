# A program that wants more than there is gets an exception, and can go on.
import errno
import os

with open("/tmp/large", "wb") as file:
    for _ in range(100):
        file.write(b"x" * 1_000_000)
print(os.path.getsize("/tmp/large"))
os.unlink("/tmp/large")


def name(error):
    return errno.errorcode.get(getattr(error, "errno", None), type(error).__name__)


piece = b"x" * 1_000_000
try:
    with open("/tmp/full", "wb", buffering=0) as file:
        for _ in range(5000):
            file.write(piece)
except (OSError, MemoryError) as error:
    print("filled:", name(error))
print(os.path.getsize("/tmp/full") > 500_000_000)
try:
    with open("/tmp/more", "wb", buffering=0) as file:
        for _ in range(5000):
            file.write(piece)
except (OSError, MemoryError) as error:
    print("more:", name(error))
os.unlink("/tmp/more")
os.truncate("/tmp/full", 10)
os.unlink("/tmp/full")
with open("/tmp/again", "wb") as file:
    print(file.write(piece))

try:
    with open("/tmp/sparse", "wb") as file:
        file.seek(1 << 40)
        file.write(b"x")
except OSError as error:
    print("sparse:", name(error))
try:
    os.truncate("/tmp/again", 1 << 40)
except OSError as error:
    print("truncate:", name(error))

# Holes cost nothing.
with open("/tmp/holes", "wb") as file:
    file.seek(3_000_000_000)
    file.write(b"x")
print(os.path.getsize("/tmp/holes"))
try:
    open("/tmp/holes", "rb").read()
except MemoryError:
    print("MemoryError")

try:
    for number in range(10_000_000):
        os.mkdir(f"/tmp/{number}" + "n" * 200)
        if number > 100_000:
            print("many")
            break
except (OSError, MemoryError) as error:
    print("names:", name(error))

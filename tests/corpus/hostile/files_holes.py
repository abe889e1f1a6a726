# Offsets and sizes at the ends of what 64 bits can say.
import os

descriptor = os.open("/tmp/holes", os.O_RDWR | os.O_CREAT)
ends = [2**63 - 1, 2**63 - 2, 2**62, 2**40, 2**32, 2**32 - 1, 2**31, -1, -(2**63)]


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except (OSError, OverflowError, MemoryError, ValueError):
        return None


for end in ends:
    attempt(os.lseek, descriptor, end, os.SEEK_SET)
    attempt(os.write, descriptor, b"xy")
    attempt(os.lseek, descriptor, end, os.SEEK_CUR)
    attempt(os.lseek, descriptor, end, os.SEEK_END)
    attempt(os.write, descriptor, b"xy")
    attempt(os.pread, descriptor, 2**31 - 1, end)
    attempt(os.pwrite, descriptor, b"xy", end)
    attempt(os.ftruncate, descriptor, end)
    attempt(os.truncate, "/tmp/holes", end)
    attempt(os.read, descriptor, end)
    attempt(os.utime, "/tmp/holes", (end, end))
    attempt(lambda: os.utime("/tmp/holes", ns=(end, end)))
os.ftruncate(descriptor, 0)
print(os.fstat(descriptor).st_size)
open("/tmp/after", "w").write("right")
print(open("/tmp/after").read() == "right")

# Regular files: reading, writing, appending, seeking, truncating.
import os
import stat
import time

os.mkdir("/tmp/a")
with open("/tmp/a/x", "w") as file:
    file.write("hello\n" * 1000)
print(open("/tmp/a/x").read() == "hello\n" * 1000, os.path.getsize("/tmp/a/x"))
with open("/tmp/a/x", "a") as file:
    file.write("END")
print(open("/tmp/a/x").read()[-9:], os.path.getsize("/tmp/a/x"))

with open("/tmp/a/r", "w+b") as file:
    file.write(bytes(range(256)) * 10)
    file.seek(100)
    print(file.read(3))
    file.seek(-5, os.SEEK_END)
    print(file.read())
    file.seek(0)
    file.write(b"ZZ")
    file.seek(0)
    print(file.read(3))
    file.truncate(10)
    print(file.seek(0, os.SEEK_END))
    file.truncate(20)
    file.seek(8)
    print(file.read())

# What is cut off does not come back.
with open("/tmp/a/r", "r+b") as file:
    file.truncate(3)
    file.seek(6)
    file.write(b"!")
    file.seek(0)
    print(file.read())

# Over the ends of blocks.
data = os.urandom(200_000)
with open("/tmp/a/big", "w+b") as file:
    file.write(data)
    for place in (65530, 65536, 131070, 199_990):
        file.seek(place)
        assert file.read(20) == data[place : place + 20]
    file.seek(65530)
    file.write(b"0123456789ab")
    file.seek(0)
    assert file.read() == data[:65530] + b"0123456789ab" + data[65542:]

with open("/tmp/a/s", "wb") as file:
    file.seek(5_000_000)
    file.write(b"x")
content = open("/tmp/a/s", "rb").read()
print(len(content), content.count(0), content[-1:])

descriptor = os.open("/tmp/a/d", os.O_RDWR | os.O_CREAT | os.O_EXCL)
print(os.write(descriptor, b"0123456789"))
os.ftruncate(descriptor, 4)
print(os.pread(descriptor, 10, 1), os.pwrite(descriptor, b"Q", 2))
os.fsync(descriptor)
os.fdatasync(descriptor)
print(os.fstat(descriptor).st_size, os.lseek(descriptor, 0, os.SEEK_SET))
print(os.read(descriptor, 10), os.read(descriptor, 10))
os.close(descriptor)

# A file that has lost its name lives as long as somebody has it open.
file = open("/tmp/a/gone", "w+")
file.write("abc")
file.flush()
os.unlink("/tmp/a/gone")
print(os.path.exists("/tmp/a/gone"))
file.seek(0)
print(file.read(), os.fstat(file.fileno()).st_nlink)
file.close()

status = os.stat("/tmp/a/x")
print(stat.S_ISREG(status.st_mode), status.st_nlink, abs(status.st_mtime - time.time()) < 60)
os.utime("/tmp/a/x", (1, 2.5))
status = os.stat("/tmp/a/x")
print(status.st_atime, status.st_mtime)
os.utime("/tmp/a/x", ns=(3, 4))
print(os.stat("/tmp/a/x").st_atime_ns, os.stat("/tmp/a/x").st_mtime_ns)
os.utime("/tmp/a/x")
print(abs(os.stat("/tmp/a/x").st_mtime - time.time()) < 60)

os.link("/tmp/a/x", "/tmp/a/y")
print(os.stat("/tmp/a/y").st_nlink, os.path.samefile("/tmp/a/x", "/tmp/a/y"))
os.unlink("/tmp/a/x")
print(os.stat("/tmp/a/y").st_nlink)

# A bare name is one in /tmp.
with open("bare", "w") as file:
    file.write("1")
print(os.path.exists("/tmp/bare"), os.access("/tmp", os.W_OK))

# What is refused, and with which errno.
import errno
import os


def refused(what, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except OSError as error:
        print(f"{what}: {type(error).__name__} {errno.errorcode[error.errno]}")
    else:
        print(f"{what}: no error")


os.makedirs("/tmp/d/e")
open("/tmp/f", "w").close()
os.symlink("loop", "/tmp/loop")
os.symlink("/tmp/two", "/tmp/one")
os.symlink("/tmp/one", "/tmp/two")
os.symlink(".", "/tmp/link0")
for number in range(1, 30):
    os.symlink(f"link{number - 1}/link{number - 1}", f"/tmp/link{number}")

refused("open nothing", open, "/nothing")
refused("open passwd", open, "/etc/passwd")
refused("open a directory", open, "/tmp")
refused("write a directory", open, "/tmp/d", "w")
refused("open in a file", open, "/tmp/f/x")
refused("open with a slash", open, "/tmp/f/")
refused("create with a slash", open, "/tmp/new/", "w")
refused("create what is there", open, "/tmp/f", "x")
refused("create a link's target", open, "/tmp/loop", "x")
refused("open a loop", open, "/tmp/loop")
refused("open a loop of two", open, "/tmp/one")
refused("many links", os.stat, "/tmp/link29")
refused("no following", os.open, "/tmp/one", os.O_RDONLY | os.O_NOFOLLOW)
refused("a directory wanted", os.open, "/tmp/f", os.O_RDONLY | os.O_DIRECTORY)
refused("long name", open, "/tmp/" + "n" * 256, "w")
refused("long path", open, "/tmp/" + "n/" * 3000, "w")
refused("mkdir what is there", os.mkdir, "/tmp/d")
refused("mkdir in nothing", os.mkdir, "/tmp/no/d")
refused("rmdir not empty", os.rmdir, "/tmp/d")
refused("rmdir a file", os.rmdir, "/tmp/f")
refused("rmdir nothing", os.rmdir, "/tmp/no")
refused("rmdir the root", os.rmdir, "/")
refused("unlink a directory", os.unlink, "/tmp/d")
refused("unlink nothing", os.unlink, "/tmp/no")
refused("list a file", os.listdir, "/tmp/f")
refused("readlink a file", os.readlink, "/tmp/f")
refused("link a directory", os.link, "/tmp/d", "/tmp/hard")
refused("link onto a file", os.link, "/tmp/f", "/tmp/loop")
refused("symlink onto a file", os.symlink, "x", "/tmp/f")
refused("rename nothing", os.rename, "/tmp/no", "/tmp/x")
refused("rename into itself", os.rename, "/tmp/d", "/tmp/d/e/f")
refused("rename a directory onto a file", os.rename, "/tmp/d", "/tmp/f")
refused("rename a file onto a directory", os.rename, "/tmp/f", "/tmp/d")
refused("rename onto a full directory", os.rename, "/tmp/d/e", "/tmp")
refused("chdir to a file", os.chdir, "/tmp/f")
refused("a closed descriptor", os.read, 77, 1)
refused("write to what is read", os.write, os.open("/tmp/f", os.O_RDONLY), b"x")
refused("read what is written", os.read, os.open("/tmp/f", os.O_WRONLY), 1)

# What the sandbox was made of cannot be changed.
for path in ("/python/os.py", "/python/new.py", "/site-packages/new.py", "/new", "/dev/new"):
    refused("write " + path, open, path, "w")
refused("append", open, "/python/os.py", "a")
refused("truncate", os.truncate, "/python/os.py", 0)
refused("unlink", os.unlink, "/python/os.py")
refused("unlink a device", os.unlink, "/dev/null")
refused("rmdir", os.rmdir, "/python/json")
refused("rename away", os.rename, "/python/os.py", "/tmp/os.py")
refused("rename in", os.rename, "/tmp/f", "/python/os.py")
refused("mkdir", os.mkdir, "/python/new")
refused("symlink", os.symlink, "x", "/python/x")
refused("link away", os.link, "/python/os.py", "/tmp/os.py")
refused("utime", os.utime, "/python/os.py")
os.symlink("/python", "/tmp/p")
refused("write by a link", open, "/tmp/p/os.py", "w")
refused("write by dots", open, "/tmp/../python/os.py", "w")
print(os.path.getsize("/python/os.py") > 1000)

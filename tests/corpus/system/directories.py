# Directories, names, links, and what shutil, glob, pathlib and os.walk make of them.
import glob
import os
import pathlib
import shutil

print(os.listdir("/"), os.listdir("/dev"), os.getcwd())
os.makedirs("/tmp/a/b/c")
for name in ("one.txt", "b/two.txt", "b/c/three.txt", "b/c/four.bin"):
    with open("/tmp/a/" + name, "w") as file:
        file.write(name)
print(sorted((e.name, e.is_dir(), e.is_file(), e.stat().st_size) for e in os.scandir("/tmp/a")))
print([(top, sorted(dirs), sorted(files)) for top, dirs, files in os.walk("/tmp/a")])
print(sorted(glob.glob("/tmp/a/**/*.txt", recursive=True)))
print(sorted(map(str, pathlib.Path("/tmp/a").rglob("*.bin"))))

os.rename("/tmp/a/one.txt", "/tmp/a/b/moved.txt")
print(os.path.exists("/tmp/a/one.txt"), open("/tmp/a/b/moved.txt").read())
os.replace("/tmp/a/b/moved.txt", "/tmp/a/b/two.txt")
print(open("/tmp/a/b/two.txt").read(), sorted(os.listdir("/tmp/a/b")))
os.rename("/tmp/a/b/c", "/tmp/a/d")
print(sorted(os.listdir("/tmp/a/d")), os.path.realpath("/tmp/a/d/../b"))
os.mkdir("/tmp/a/empty")
os.rename("/tmp/a/d", "/tmp/a/empty")
print(sorted(os.listdir("/tmp/a")), sorted(os.listdir("/tmp/a/empty")))

os.symlink("b", "/tmp/a/link")
os.symlink("nothing", "/tmp/a/dangling")
os.symlink("/tmp/a/b/two.txt", "/tmp/a/absolute")
os.symlink("../a/../../tmp/a/link/two.txt", "/tmp/a/winding")
print(os.path.islink("/tmp/a/link"), os.readlink("/tmp/a/link"), open("/tmp/a/link/two.txt").read())
print(os.path.exists("/tmp/a/dangling"), os.path.lexists("/tmp/a/dangling"))
print(open("/tmp/a/absolute").read(), open("/tmp/a/winding").read())
with open("/tmp/a/dangling", "w") as file:
    file.write("through the link")
print(open("/tmp/a/nothing").read(), os.lstat("/tmp/a/dangling").st_size)
os.unlink("/tmp/a/dangling")

# `..` ends at the root.
print(os.path.samefile("/../../tmp/../..", "/"), os.path.exists("/tmp/../../../tmp/a/b"))
print(os.path.exists("/etc/passwd"), os.path.exists("/tmp/../etc/passwd"), os.path.exists("/proc"))

os.chdir("/tmp/a")
print(os.getcwd(), open("b/two.txt").read(), os.path.exists("../a/b"))
os.chdir("..")
print(os.getcwd())
os.chdir("a/link/../empty/.")
print(os.getcwd())
os.chdir("/tmp/a/link/")
print(os.getcwd())
os.chdir("//../")
print(os.getcwd())
os.chdir("/tmp")

shutil.copytree("/tmp/a", "/tmp/copy", symlinks=True)
print(sorted(os.listdir("/tmp/copy")), os.path.islink("/tmp/copy/link"))
shutil.rmtree("/tmp/a")
shutil.move("/tmp/copy", "/tmp/moved")
print(sorted(os.listdir("/tmp")))
shutil.rmtree("/tmp/moved")
print(os.listdir("/tmp"))

# Entries that come and go while they are listed.
os.mkdir("/tmp/many")
for number in range(1000):
    os.close(os.open(f"/tmp/many/{number:04}", os.O_CREAT | os.O_WRONLY))
for entry in os.scandir("/tmp/many"):
    os.unlink(entry)
print(os.listdir("/tmp/many"))
os.rmdir("/tmp/many")

# A directory that is removed while it is open.
os.mkdir("/tmp/open")
os.chdir("/tmp/open")
os.rmdir("/tmp/open")
try:
    open("here", "w")
except OSError as error:
    print(error.__class__.__name__)
os.chdir("/tmp")

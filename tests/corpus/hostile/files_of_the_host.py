# Looks for files of the host by every road there might be.
import glob
import os

os.symlink("/", "/tmp/root")
os.symlink("../../../../../../etc", "/tmp/etc")
os.chdir("/tmp")
found = []
for path in (
    "/etc/passwd",
    "//etc/passwd",
    "/../../../../etc/passwd",
    "/tmp/../../../../../etc/passwd",
    "root/etc/passwd",
    "root/proc/self/environ",
    "etc/passwd",
    "/proc/self/mem",
    "/proc/1/root/etc/passwd",
    "/proc/self/fd/0",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/fd/3",
    "/dev/stdin/../../etc/passwd",
    "/sys/kernel",
    "/var/run/docker.sock",
    "/home",
    "/root",
    "C:\\Windows\\win.ini",
    "\\\\?\\C:\\",
    "file:///etc/passwd",
    "/etc/passwd\0.txt",
    b"/etc/passwd",
    "/tmp/\udcff/../../etc/passwd",
):
    for attempt in (open, os.stat, os.listdir, os.open, os.readlink):
        try:
            found.append((path, attempt(path, *[os.O_RDONLY] * (attempt is os.open))))
        except (OSError, ValueError):
            pass
folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
for path in ("etc/passwd", "../etc/passwd", "/etc/passwd"):
    try:
        found.append(os.open(path, os.O_RDONLY, dir_fd=folder))
    except OSError:
        pass
found += glob.glob("/etc/**", recursive=True)
found += set(os.listdir("/")) - {"dev", "python", "site-packages", "tmp"}
print(found)

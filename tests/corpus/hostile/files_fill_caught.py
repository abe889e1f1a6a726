# Fills the file system, and then goes on with every error, one byte at a time.
# ends: limit WallTime
# limits: memory=64MiB
size = 1 << 20
number = 0
while True:
    number += 1
    try:
        with open(f"/tmp/{number}", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * size)
    except (OSError, MemoryError):
        size = max(1, size // 2)

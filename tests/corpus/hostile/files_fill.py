# Fills the file system.
# ends: exception OSError | exception MemoryError | limit Memory
with open("/tmp/full", "wb", buffering=0) as file:
    while True:
        file.write(bytes(1_000_000))

# Reads a device that has no end into one string.
# expect: exception MemoryError | limit Memory
open("/dev/zero", "rb").read()

# Reads a device that has no end into one string.
# ends: exception MemoryError | limit Memory
open("/dev/zero", "rb").read()

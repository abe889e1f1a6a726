# A number of 17 billion bits, which no 32-bit machine can address.
# ends: exception MemoryError | exception OverflowError | limit Memory
number = 1 << (1 << 34)

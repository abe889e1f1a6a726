# ends: exception MemoryError | limit Memory
eval("1 if 1 else " * 100_000 + "1")

# ends: exception MemoryError | limit Memory
eval("lambda: " * 100_000 + "1")

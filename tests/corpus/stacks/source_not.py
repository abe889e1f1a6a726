# ends: exception MemoryError | limit Memory
eval("not " * 100_000 + "1")

# ends: exception MemoryError | limit Memory
eval("-" * 100_000 + "1")

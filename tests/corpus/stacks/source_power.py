# ends: exception MemoryError | limit Memory
eval("2" + "**2" * 100_000)

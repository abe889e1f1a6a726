# expect: MemoryError
eval("lambda: " * 100_000 + "1")

# expect: MemoryError
eval("not " * 100_000 + "1")

# expect: MemoryError
eval("-" * 100_000 + "1")

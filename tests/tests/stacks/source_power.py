# expect: MemoryError
eval("2" + "**2" * 100_000)

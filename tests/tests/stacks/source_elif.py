# expect: MemoryError
exec("if 0: pass\n" + "elif 0: pass\n" * 100_000)

# ends: exception MemoryError | limit Memory
exec("if 0: pass\n" + "elif 0: pass\n" * 100_000)

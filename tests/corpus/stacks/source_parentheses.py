# ends: exception MemoryError | limit Memory | exception SyntaxError
eval("(" * 100_000 + ")" * 100_000)

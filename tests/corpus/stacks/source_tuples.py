# ends: exception MemoryError | limit Memory | exception SyntaxError
eval("(" * 195 + ",)" * 195)

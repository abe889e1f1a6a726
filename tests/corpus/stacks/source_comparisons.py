# ends: exception MemoryError | limit Memory
eval("(1<" * 190 + "1" + ")" * 190)

# ends: exception MemoryError | limit Memory | exception RecursionError
eval("1 and (0 or " * 190 + "1" + ")" * 190)

# ends: exception MemoryError | limit Memory | exception SyntaxError
eval("[" * 190 + "x" + " for x in y]" * 190)

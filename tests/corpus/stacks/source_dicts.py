# ends: exception MemoryError | limit Memory | exception SyntaxError
eval("{1:" * 195 + "1" + "}" * 195)

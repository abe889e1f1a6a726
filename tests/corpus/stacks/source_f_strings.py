# ends: exception MemoryError | limit Memory | exception SyntaxError
eval("f'{" * 140 + "1" + "}'" * 140)

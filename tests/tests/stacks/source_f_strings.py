# expect: MemoryError or SyntaxError
eval("f'{" * 140 + "1" + "}'" * 140)

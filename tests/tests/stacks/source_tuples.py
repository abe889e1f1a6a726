# expect: MemoryError or SyntaxError
eval("(" * 195 + ",)" * 195)

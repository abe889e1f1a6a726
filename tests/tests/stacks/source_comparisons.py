# expect: MemoryError
eval("(1<" * 190 + "1" + ")" * 190)

# expect: MemoryError or SyntaxError
eval("[" * 190 + "x" + " for x in y]" * 190)

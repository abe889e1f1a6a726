# expect: MemoryError or SyntaxError
eval("{1:" * 195 + "1" + "}" * 195)

# expect: RecursionError
eval("a" + ".b" * 100_000)

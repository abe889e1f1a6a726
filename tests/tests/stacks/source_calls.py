# expect: RecursionError
eval("f" + "()" * 100_000)

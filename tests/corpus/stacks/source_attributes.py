# ends: exception RecursionError
eval("a" + ".b" * 100_000)

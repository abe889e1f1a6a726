# ends: exception RecursionError
eval("a" + "[0]" * 100_000)

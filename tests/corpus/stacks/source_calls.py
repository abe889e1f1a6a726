# ends: exception RecursionError
eval("f" + "()" * 100_000)

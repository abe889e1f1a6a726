# ends: exception RecursionError
eval("1" + "+1" * 100_000)

# ends: exception NameError
code = compile("1 + (\n  undefined)", "made-up.py", "eval")
eval(code)

# ends: exception SyntaxError
if True:
    x = """
\

# ends: exception SyntaxError
print("never printed")
if True
    print("a colon is missing")

print("never printed")
if True
    print("a colon is missing")

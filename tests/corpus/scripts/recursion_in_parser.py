for text in "(" * 10_000, "(" * 150 + ")" * 150, "-" * 100_000 + "1", "a." * 100_000 + "b", "[" * 199 + "]" * 199:
    try:
        eval(text)
        print("fine")
    except (SyntaxError, MemoryError, RecursionError, NameError) as error:
        print(type(error).__name__)

# Prints for ever, and catches whatever is raised to end it.
# expect: limit OutputBytes
while True:
    try:
        while True:
            print("x" * 1000, flush=True)
    except BaseException:
        pass

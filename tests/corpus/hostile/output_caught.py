# Prints for ever, and catches whatever is raised to end it.
# ends: limit OutputBytes
# compare: stderr
while True:
    try:
        while True:
            print("x" * 1000, flush=True)
    except BaseException:
        pass

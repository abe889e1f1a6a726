# Loops for ever, and catches whatever is raised to end it.
# expect: limit WallTime
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
    finally:
        continue

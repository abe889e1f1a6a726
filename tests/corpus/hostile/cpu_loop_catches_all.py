# Loops for ever, and catches whatever is raised to end it.
# ends: limit WallTime
# compare: stdout
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
    finally:
        continue

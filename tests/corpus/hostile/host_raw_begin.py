# Begins calls past every check, cancels calls that do not exist and those of others, and waits for none.
# ends: done | trap | limit HostCalls | limit WallTime
names = echo.__globals__
for number in range(1000):
    try:
        call = names["host_begin"](3, "[[1000000000000],{}]")
        names["host_cancel"](number)
        names["host_cancel"](2**32 - 1)
        names["host_next"](0)
    except Exception:
        pass

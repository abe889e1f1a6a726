# expect: trap
# The host is asked for more memory.
def at_the_bottom():
    kept = []
    while True:
        kept.append(bytes(100_000))
        yield 1


chain = at_the_bottom()
while True:
    for _ in range(50):
        chain = filter(None, chain)
    next(chain)

# expect: trap
# A call of the host ever nearer to the end of the stack: its own is below that.
def at_the_bottom():
    while True:
        print("x", flush=True)
        yield 1


chain = at_the_bottom()
while True:
    for _ in range(50):
        chain = filter(None, chain)
    next(chain)

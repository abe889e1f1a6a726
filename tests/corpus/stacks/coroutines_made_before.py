# An await that waits for nothing but a coroutine needs no stack.
# ends: exception StopIteration
async def nest(inner):
    await inner


async def nothing():
    pass


chain = nothing()
for _ in range(300_000):
    chain = nest(chain)
chain.send(None)

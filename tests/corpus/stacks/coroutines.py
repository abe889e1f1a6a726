# ends: exception RecursionError
async def forever(number):
    await forever(number + 1)


forever(0).send(None)

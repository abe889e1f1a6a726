# ends: exception RecursionError
# compare: stdout
import asyncio


async def forever(number):
    await asyncio.gather(*[forever(number + 1)][:number < 50], deeper(0))


async def deeper(number):
    await deeper(number + 1)


asyncio.run(forever(0))

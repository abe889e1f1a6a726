# Tasks that make tasks; none of them waits for anything.
# ends: limit WallTime | limit Memory
import asyncio


async def breed():
    while True:
        tasks = [asyncio.create_task(breed()) for _ in range(2)]
        await asyncio.sleep(0)


asyncio.run(breed())

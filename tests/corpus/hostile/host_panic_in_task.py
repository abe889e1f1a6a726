# A host function panics in a call that nobody waits for.
# ends: host panic
import asyncio


async def main():
    task = asyncio.ensure_future(panic())
    await asyncio.sleep(1000)


asyncio.run(main())

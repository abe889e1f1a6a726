# The same, in a call that nobody waits for.
# expect: host panic
import asyncio


async def main():
    task = asyncio.ensure_future(panic())
    await asyncio.sleep(1000)


asyncio.run(main())

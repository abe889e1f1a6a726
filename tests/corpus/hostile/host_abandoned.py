# Begins calls that take thirty years, and ends before they do.
import asyncio


async def call():
    await slow(1_000_000_000_000)


async def main():
    tasks = [asyncio.ensure_future(call()) for _ in range(50)]
    await asyncio.sleep(0.001)
    tasks[0].cancel()
    try:
        await asyncio.wait_for(call(), 0.001)
    except TimeoutError:
        print("ended")


asyncio.run(main())

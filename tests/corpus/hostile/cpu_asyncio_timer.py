# An event loop that waits for what is thirty years away, and swallows its cancellation.
# ends: limit WallTime
import asyncio


async def wait():
    while True:
        try:
            await asyncio.sleep(1_000_000_000)
        except asyncio.CancelledError:
            pass


asyncio.run(wait())

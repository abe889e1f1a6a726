# Ten thousand calls at once that take thirty years; it looks at none of them again.
# ends: limit WallTime | limit HostCalls
import asyncio


async def main():
    async def call():
        await slow(1_000_000_000_000)

    await asyncio.gather(*(call() for _ in range(10_000)))


asyncio.run(main())

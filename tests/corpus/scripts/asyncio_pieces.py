# Coroutines and what needs no event loop; `asyncio.run` needs sockets, which are not here yet.
import asyncio
import inspect


async def double(x):
    return x * 2


async def numbers():
    for x in range(3):
        yield await double(x)


async def main():
    return [x async for x in numbers()]


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


print(run(main()))
print(inspect.iscoroutinefunction(main), asyncio.Queue(3).maxsize)

# Every way there is to start a thread.
import _thread
import asyncio
import concurrent.futures
import multiprocessing.pool
import threading

started = []
ways = [
    lambda: threading.Thread(target=print).start(),
    lambda: threading.Timer(0, print).start(),
    lambda: _thread.start_new_thread(print, ()),
    lambda: _thread.start_joinable_thread(print),
    lambda: concurrent.futures.ThreadPoolExecutor().submit(print),
    lambda: multiprocessing.pool.ThreadPool(2),
    lambda: asyncio.run(asyncio.to_thread(print)),
]
for way in ways:
    try:
        started.append(way())
    except (RuntimeError, ImportError, OSError, AttributeError):
        pass
print(started)

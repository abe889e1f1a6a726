# The clocks, and waiting.
import select
import time

start = time.monotonic()
time.sleep(0.05)
passed = time.monotonic() - start
print(0.05 <= passed < 5)
print(time.time() > 1.7e9, time.perf_counter() >= 0, time.gmtime().tm_year >= 2025)

start = time.monotonic(), time.process_time()
print(select.select([], [], [], 0.05))
print(0.05 <= time.monotonic() - start[0] < 5)

previous = time.monotonic()
for _ in range(10_000):
    now = time.monotonic()
    assert now >= previous
    previous = now
poll = select.poll()
print(poll.poll(10))
time.sleep(0)

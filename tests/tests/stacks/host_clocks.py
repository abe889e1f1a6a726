# expect: trap
import time


def at_the_bottom():
    while True:
        time.time()
        time.monotonic()
        yield 1


chain = at_the_bottom()
while True:
    for _ in range(50):
        chain = filter(None, chain)
    next(chain)

# expect: trap
# The host takes the instance's stack off its own, and puts it on again.
import time


def at_the_bottom():
    while True:
        time.sleep(1e-6)
        yield 1


chain = at_the_bottom()
while True:
    for _ in range(100):
        chain = filter(None, chain)
    next(chain)

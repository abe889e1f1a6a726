# expect: trap
import os


def at_the_bottom():
    while True:
        os.urandom(16)
        yield 1


chain = at_the_bottom()
while True:
    for _ in range(50):
        chain = filter(None, chain)
    next(chain)

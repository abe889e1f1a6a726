# The program ends; what it registered for its end does not.
# expect: limit WallTime
import atexit


@atexit.register
def forever():
    while True:
        pass

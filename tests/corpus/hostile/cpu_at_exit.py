# The program ends; what it registered for its end does not.
# ends: limit WallTime
import atexit


@atexit.register
def forever():
    while True:
        pass

# A trace function that stays when the program has ended, and never returns.
# ends: limit WallTime
import sys


def trace(frame, event, argument):
    while True:
        pass


sys.setprofile(trace)
sys.settrace(trace)

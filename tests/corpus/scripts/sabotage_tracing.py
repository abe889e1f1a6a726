# ends: exception ValueError
import sys

calls = []


def trace(frame, event, argument):
    calls.append(frame.f_code.co_filename)
    return trace


sys.settrace(trace)
sys.setprofile(lambda *_: None)
sys.setrecursionlimit(60)
raise ValueError("still told")

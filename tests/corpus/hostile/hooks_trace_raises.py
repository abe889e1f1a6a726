# What is called for each step of what runs the program raises an exception there.
# ends: any
import sys


def refuse(frame, event, argument):
    if frame.f_code.co_filename.startswith("<eryx") or frame.f_back is None:
        raise KeyError(event)


sys.setprofile(refuse)
sys.settrace(refuse)
1 / 0

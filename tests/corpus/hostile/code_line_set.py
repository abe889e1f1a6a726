# Jumps into the middle of loops and blocks that never began, by a trace function.
import sys

came = set()


def trace(frame, event, argument):
    if frame.f_code is target.__code__ and event == "line" and not came:
        for line in range(4, 8):
            try:
                frame.f_lineno = frame.f_code.co_firstlineno + line
                came.add(line)
            except ValueError as error:
                came.add(type(error).__name__)
    return trace


def target():
    first = 1
    for number in range(2):
        with open("/dev/null") as file:
            try:
                first += number
            except ValueError:
                first = 2
        first += 1


sys.settrace(trace)
target()
sys.settrace(None)
print(sorted(came, key=str))

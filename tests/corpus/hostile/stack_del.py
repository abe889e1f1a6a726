# A destructor that makes its like: a recursion that no exception can leave.
# compare: stdout


import sys

sys.unraisablehook = lambda _: None


class Again:
    def __del__(self):
        Again()


Again()
print("alive")

# Replaces the code of functions with code that expects other closures and arguments.
import types


def outer():
    a = b = 1

    def inner():
        return a, b

    return inner


refused = 0
for attempt in (
    lambda: types.FunctionType(outer().__code__, {}),
    lambda: types.FunctionType(outer().__code__, {}, closure=()),
    lambda: types.FunctionType(outer().__code__, {}, closure=(1, 2)),
    lambda: setattr(outer, "__code__", outer().__code__),
    lambda: outer.__code__.replace(co_nlocals=1000),
    lambda: outer.__code__.replace(co_varnames=()),
    lambda: outer.__code__.replace(co_argcount=-1),
    lambda: outer.__code__.replace(co_argcount=2**31 - 1),
    lambda: outer.__code__.replace(co_code=b"\0"),
    lambda: outer.__code__.replace(co_stacksize=-1),
    lambda: exec(outer().__code__),
):
    try:
        attempt()
    except (TypeError, ValueError, OverflowError, SystemError):
        refused += 1
print("refused" if refused == 11 else refused)

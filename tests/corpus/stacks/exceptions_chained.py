# The traceback has all of them.
# ends: exception KeyError
def chain(count):
    error = KeyError(0)
    for number in range(count):
        outer = KeyError(number)
        outer.__context__ = error
        error = outer
    return error


raise chain(100_000)

# ends: exception KeyError
error = KeyError(0)
for number in range(20_000):
    outer = KeyError(number)
    outer.__cause__ = error
    error = outer
try:
    raise error
finally:
    del error, outer

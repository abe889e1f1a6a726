# ends: exception RecursionError
error = KeyError(0)
for number in range(100_000):
    error = ExceptionGroup("", [error])
error.split(ValueError)

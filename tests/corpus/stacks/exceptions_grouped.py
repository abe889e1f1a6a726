# ends: exception ExceptionGroup | trap stack
error = KeyError(0)
for number in range(100_000):
    error = ExceptionGroup("", [error])
raise error

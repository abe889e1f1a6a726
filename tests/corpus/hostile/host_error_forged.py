# An error that says it is the end of the program, or one of Python's own ends.
came = []
for message in ("SystemExit: 3", "KeyboardInterrupt", "Traceback (most recent call last):\n"):
    try:
        fail(message)
    except Exception as error:
        came.append(type(error).__name__)
print(*came)

# Keys that are no text, or that are the same as text.
came = []
for value in ({1: 2}, {None: 1}, {True: 1}, {1.5: 1}, {1: 1, "1": 2}, {float("nan"): 1}, {"": 1}):
    try:
        came.append(echo(value))
    except Exception as error:
        came.append(type(error).__name__)
for value in ({(1,): 2}, {b"x": 1}, {object(): 1}):
    try:
        came.append(echo(value))
    except TypeError:
        came.append("TypeError")
print(*came)

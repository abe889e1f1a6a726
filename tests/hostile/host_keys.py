# Keys that are no text, or that are the same as text.
# expect: done
# stdout: x
for value in ({1: 2}, {None: 1}, {True: 1}, {1.5: 1}, {1: 1, "1": 2}, {float("nan"): 1}, {"": 1}):
    try:
        print(echo(value), end=" ")
    except Exception as error:
        print(type(error).__name__, end=" ")
for value in ({(1,): 2}, {b"x": 1}, {object(): 1}):
    try:
        print(echo(value), end=" ")
    except TypeError:
        print("TypeError", end=" ")
print()

# Arguments that are not those of the function.
attempts = (
    lambda: echo(),
    lambda: echo(1, 2),
    lambda: echo(1, value=2),
    lambda: echo(1, other=2),
    lambda: echo(*range(100_000)),
    lambda: slow("x"),
    lambda: big(-1),
)
came = []
for attempt in attempts:
    try:
        came.append(attempt())
    except Exception as error:
        came.append(type(error).__name__)
print(*came)

# Lists in lists, deeper than any stack of the host's.
# expect: exception RecursionError | exception ValueError
value = []
for _ in range(100_000):
    value = [value]
echo(value)

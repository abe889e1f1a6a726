# Lists in lists, nested deeper than any stack of the host.
# ends: exception RecursionError | exception ValueError
value = []
for _ in range(100_000):
    value = [value]
echo(value)

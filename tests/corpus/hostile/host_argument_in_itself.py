# A list that holds itself.
# ends: exception RecursionError | exception ValueError
value = []
value.append(value)
echo(value)

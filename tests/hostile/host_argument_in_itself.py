# A list that holds itself.
# expect: exception RecursionError | exception ValueError
value = []
value.append(value)
echo(value)

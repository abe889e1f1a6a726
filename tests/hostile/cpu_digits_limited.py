# Python's own limit on digits is there until a program lifts it.
# expect: exception ValueError
int("7" * 5_000)

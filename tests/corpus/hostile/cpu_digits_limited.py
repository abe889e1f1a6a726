# Python's own limit on digits is there until a program lifts it.
# ends: exception ValueError
int("7" * 5_000)

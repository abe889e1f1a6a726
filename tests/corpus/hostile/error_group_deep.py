# A group of exceptions of groups, a hundred thousand deep.
# ends: exception ExceptionGroup | trap
group = ValueError("x")
for _ in range(100_000):
    group = ExceptionGroup("g", [group])
raise group

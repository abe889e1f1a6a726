# A group of the same group, ten times, on ten levels: ten thousand million exceptions to print.
# ends: exception ExceptionGroup | limit WallTime
group = ValueError("x")
for _ in range(10):
    group = ExceptionGroup("g", [group] * 10)
raise group

# As deep as an indentation may be.
exec("\n".join(" " * depth + "def f():" for depth in range(99)) + "\n" + " " * 99 + "pass")

# ends: exception SyntaxError
exec("\n".join(" " * depth + "while 1:" for depth in range(99)) + "\n" + " " * 99 + "pass")

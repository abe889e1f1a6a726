# A source of eight megabytes.
# expect: limit WallTime
compile("a = b + c\n" * 800_000, "<string>", "exec")

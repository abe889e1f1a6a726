# A source of eight megabytes.
# ends: limit WallTime
compile("a = b + c\n" * 800_000, "<string>", "exec")

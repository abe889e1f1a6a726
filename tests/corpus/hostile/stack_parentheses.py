# Source that is nested more deeply than a parser can follow.
# ends: exception SyntaxError | exception MemoryError
eval("(" * 100_000 + ")" * 100_000)

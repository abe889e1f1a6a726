# ends: exception RecursionError | exception MemoryError | limit Memory
import ast

ast.literal_eval("-" * 100_000 + "1")

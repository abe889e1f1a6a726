# expect: RecursionError or MemoryError
import ast

ast.literal_eval("-" * 100_000 + "1")

# ends: exception RecursionError | trap stack
import ast

ast.parse("a" + ".b" * 100_000)

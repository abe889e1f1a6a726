# expect: RecursionError or trap
import ast

ast.parse("a" + ".b" * 100_000)

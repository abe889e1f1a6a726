# ends: exception RecursionError
import ast

tree = ast.Constant(1)
for _ in range(100_000):
    tree = ast.UnaryOp(ast.USub(), tree)
ast.unparse(tree)

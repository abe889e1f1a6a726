# ends: done | trap stack
import ast

tree = ast.Constant(1)
for _ in range(300_000):
    tree = ast.UnaryOp(ast.USub(), tree)
del tree

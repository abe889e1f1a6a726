# ends: exception RecursionError
import ast

place = {"lineno": 1, "col_offset": 0}
tree = ast.Constant(1, **place)
for _ in range(100_000):
    tree = ast.UnaryOp(ast.USub(), tree, **place)
compile(ast.Expression(tree), "", "eval")

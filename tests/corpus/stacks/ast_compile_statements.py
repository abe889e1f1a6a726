# ends: exception RecursionError
import ast

place = {"lineno": 1, "col_offset": 0}
tree = ast.Pass(**place)
for _ in range(100_000):
    tree = ast.If(ast.Constant(1, **place), [tree], [], **place)
compile(ast.Module([tree], []), "", "exec")

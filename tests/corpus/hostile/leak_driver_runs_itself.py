# Runs itself again, by the function that runs it, and begins what is done only once per image.
# ends: exception ZeroDivisionError
import sys

names = sys._getframe().f_back.f_globals
execute = names["execute"]
reachable, next = {}, [names]
while next:
    for name, value in list(next.pop().items()):
        if isinstance(value, type(sys)) and value.__name__.startswith("driver"):
            value = vars(value)
        else:
            value = getattr(value, "__globals__", None)
        if value is not None and value.get("__package__") == "driver" and value["__name__"] not in reachable:
            reachable[value["__name__"]] = value
            next.append(value)
assert "driver.execute" in reachable and "driver.exceptions" in reachable, reachable.keys()
for module in reachable.values():
    for name in ("reseed", "forget", "register", "collect_garbage", "gather_code", "prepare", "warm_up"):
        try:
            module[name]()
        except Exception:
            pass
depth = globals().get("depth", 0) + 1
if depth < 50:
    execute("import sys\nsys._getframe().f_back.f_globals['execute']('1 / 0', 'x', ['x'], False, None)", "x", ["x"], False, None)
1 / 0

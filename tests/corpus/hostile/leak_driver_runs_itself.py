# Runs itself again, by the function that runs it, and begins what is done only once per image.
# ends: exception ZeroDivisionError
import sys

names = sys._getframe().f_back.f_globals
execute = names["execute"]
for name in ("renew", "collect", "freeze", "gather", "prepare_renewal"):
    try:
        names[name](["x"])
    except Exception:
        pass
depth = globals().get("depth", 0) + 1
if depth < 50:
    execute(["import sys\nsys._getframe().f_back.f_globals['execute'](['1 / 0', 'x', '', 'x'])", "x", "", "x"])
1 / 0

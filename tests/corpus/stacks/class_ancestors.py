# ends: done | exception RecursionError
class Base:
    pass


heir = Base
for _ in range(1000):
    heir = type("Heir", (heir,), {})
# Goes down to every heir.
Base.__len__ = lambda self: 7
assert len(heir()) == 7
Base.attribute = 1
assert heir().attribute == 1

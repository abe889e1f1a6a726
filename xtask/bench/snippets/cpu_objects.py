"""Many small objects, a dictionary, a sort, and exceptions that are caught."""


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)


def run():
    total = Vector(0, 0)
    for i in range(100_000):
        total = total + Vector(i, -i)
    order = sorted((i * 7_919 % 100_003 for i in range(100_000)), key=lambda i: -i)
    names = {i: str(i) for i in range(80_000)}
    caught = 0
    for i in range(40_000):
        try:
            if i % 3 == 0:
                raise ValueError(i)
        except ValueError:
            caught += 1
    return total.x, order[100], sum(map(len, names.values())), caught

# ends: exception Broken
class Broken(Exception):
    def __str__(self):
        raise RuntimeError("not even this works")

    __repr__ = __str__


raise Broken("hidden")

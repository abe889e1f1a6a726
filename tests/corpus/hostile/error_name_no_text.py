# The names of an exception's class and module are not text.
# ends: any


class Strange(type):
    def __getattribute__(cls, name):
        if name in ("__name__", "__qualname__", "__module__", "__mro__"):
            return 17
        return super().__getattribute__(name)


class Error(Exception, metaclass=Strange):
    def __getattribute__(self, name):
        return 17


raise Error

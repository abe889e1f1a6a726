# ends: exception RecursionError
class Endless:
    def __repr__(self):
        return repr(self)


repr(Endless())

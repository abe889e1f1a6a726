# ends: exception RecursionError
class Endless(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, (cls,))


isinstance(1, Endless("E", (), {}))

# ends: exception RecursionError
class Endless:
    def __class_getitem__(cls, item):
        return Endless[item]


Endless[1]

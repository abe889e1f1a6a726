# ends: exception RecursionError
class Endless(dict):
    def __missing__(self, key):
        return self[key]


Endless()[1]

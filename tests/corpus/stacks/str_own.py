# ends: exception RecursionError
class Endless:
    def __str__(self):
        return f"{self}"


str(Endless())

# ends: exception RecursionError
class Endless:
    def __format__(self, how):
        return "{:{}}".format(self, how)


"{}".format(Endless())

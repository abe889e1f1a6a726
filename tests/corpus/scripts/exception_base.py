# ends: exception Stop
class Stop(BaseException):
    pass


raise Stop("all of it")

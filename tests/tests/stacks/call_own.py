# expect: RecursionError
class Endless:
    pass


Endless.__call__ = Endless()
Endless()()

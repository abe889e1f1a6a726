# ends: exception Broken
class Broken(Exception):
    def __str__(self):
        return 42


raise Broken

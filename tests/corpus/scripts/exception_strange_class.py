# ends: exception TypeError
class Meta(type):
    @property
    def __qualname__(cls):
        raise RuntimeError("no name")

    @property
    def __module__(cls):
        return 17


class Strange(Exception, metaclass=Meta):
    pass


raise Strange("odd")

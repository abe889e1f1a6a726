# A dictionary that grows while it is being made into JSON.
# ends: exception RecursionError
# limits: wall=240s
class Growing(dict):
    def items(self):
        for key in list(self):
            self[key + "x"] = 1
            yield key, self
        yield from self.items()


echo(Growing(a=1))

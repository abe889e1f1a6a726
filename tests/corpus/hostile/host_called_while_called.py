# Arguments that call the host themselves while they are being made into JSON.


class Number(int):
    def __repr__(self):
        return str(echo(7))

    __str__ = __int__ = __index__ = __repr__


class Mapping(dict):
    def items(self):
        echo("items")
        return [("key", echo(self["value"]))]


class Sequence(list):
    def __iter__(self):
        for item in super().__iter__():
            yield echo(item)


class Text(str):
    def encode(self, *arguments):
        return echo("x").encode()

    def __str__(self):
        return echo("y")


came = []
for value in (Number(3), Mapping(value=1), Sequence([1, 2]), Text("z"), [Number(1), Mapping(value=2)]):
    try:
        came.append(echo(value))
    except Exception as error:
        came.append(type(error).__name__)
print(*came)

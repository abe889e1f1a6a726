# A comparison changes the dictionary it is made for, so that the search begins anew, for ever.
# ends: limit WallTime


class Key:
    def __hash__(self):
        return 1

    def __eq__(self, other):
        for _ in range(20):
            table.pop(Filler(), None)
            table[Filler()] = None
        return False


class Filler:
    def __hash__(self):
        return 2

    def __eq__(self, other):
        return True


table = {Key(): None}
while True:
    table.get(Key())

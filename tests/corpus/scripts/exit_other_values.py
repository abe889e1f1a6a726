# ends: exit 1
class Loud:
    def __repr__(self):
        return "loud"


raise SystemExit((1, Loud()))

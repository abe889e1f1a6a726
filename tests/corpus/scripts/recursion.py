# ends: exception RecursionError
def forever(n):
    return forever(n + 1)


try:
    forever(0)
except RecursionError as error:
    print("RecursionError:", str(error)[:32])


class Endless:
    def __repr__(self):
        return repr(self)

    def __getattr__(self, name):
        return getattr(self, name + "x")


for attempt in repr, lambda e: e.attribute:
    try:
        attempt(Endless())
    except RecursionError:
        print("RecursionError")
nested = []
for _ in range(100_000):
    nested = [nested]
for attempt in repr, lambda value: value == [value]:
    try:
        attempt(nested)
    except RecursionError:
        print("RecursionError")
print("still here")
forever(0)

# Arguments that JSON cannot hold: each is refused by an exception, and none is called.
import io


class Actor:
    def __getattr__(self, name):
        raise SystemExit("called")


refused = 0
things = (object(), print, b"x", {1, 2}, range(3), io, Actor(), 1j, (x for x in ""), type, ...)
for thing in things:
    try:
        echo(thing)
    except TypeError:
        refused += 1
print(refused, "refused")

# ends: exception Outer.Trouble
class Outer:
    class Trouble(Exception):
        """An exception of the program's own."""


def raise_it():
    raise Outer.Trouble("two\nlines", 3)


# A comment, so that the line numbers are of some use.

raise_it()

# A hook that cannot be taken away, and that fails at everything that is done from then on.
# ends: exception ZeroDivisionError | exception RuntimeError
import sys


def refuse(event, arguments):
    raise RuntimeError(event)


sys.addaudithook(refuse)
1 / 0

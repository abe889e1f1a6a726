# Calls itself for ever.
# expect: exception RecursionError


def forever():
    forever()


forever()

# Calls itself for ever.
# ends: exception RecursionError


def forever():
    forever()


forever()

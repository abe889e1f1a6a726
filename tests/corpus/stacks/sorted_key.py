# ends: exception RecursionError
def key(value):
    return sorted([value], key=key)


key(1)

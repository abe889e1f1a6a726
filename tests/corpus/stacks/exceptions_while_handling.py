# ends: exception RecursionError
def forever():
    try:
        1 / 0
    except ZeroDivisionError:
        forever()


forever()

# Handles an exception by raising it deeper; the chain of contexts is as long as the stack.
# ends: exception RecursionError


def forever(error):
    try:
        raise error
    except BaseException as caught:
        forever(ValueError(caught))


forever(ValueError())

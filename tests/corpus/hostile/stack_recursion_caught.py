# Each level that is refused tries again: the time doubles with every level.
# ends: limit WallTime


def forever():
    try:
        forever()
    finally:
        forever()


forever()

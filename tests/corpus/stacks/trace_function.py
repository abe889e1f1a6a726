# ends: exception RecursionError
import sys


def forever():
    forever()


sys.settrace(lambda *arguments: None)
forever()

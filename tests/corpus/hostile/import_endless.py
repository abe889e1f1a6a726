# A module that is made of a search for another, for ever.
# ends: exception RecursionError
import importlib.abc
import sys


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        __import__(name + "x")


sys.meta_path.insert(0, Finder())
import a

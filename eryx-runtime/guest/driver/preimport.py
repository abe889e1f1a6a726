"""Imports modules before the snapshot."""

from importlib import import_module

from . import exceptions
from .text import printable


def preimport(modules):
    """Imports modules by name. Returns `None`, or the traceback of the first that failed."""
    for name in modules:
        try:
            import_module(name)
        except BaseException as error:
            return printable(exceptions.to_fields(error)["traceback"])
    return None

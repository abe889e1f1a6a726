"""Gives programs what the host has configured: environment variables and host functions."""

import os
import sys

from .host_calls import host_function


def configure(environment, functions, main=sys.modules["__main__"]):
    """Sets environment variables, and defines host functions.

    `environment` has pairs of name and value; `functions` has name, signature and documentation
    of each.
    """
    for name, value in environment:
        os.environ[name] = value
    for index, (name, signature, documentation) in enumerate(functions):
        vars(main)[name] = host_function(index, name, signature, documentation)

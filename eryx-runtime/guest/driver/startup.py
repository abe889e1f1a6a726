"""Makes Python's own modules fit a sandbox, when it starts."""

import _sitebuiltins
import builtins
import os
import posix
import sys

from .native import end_process


def _exit(status):
    """Exit to the system with specified status, without normal exit processing."""
    end_process(status)


_exit.__module__ = "posix"
# Through Python's own, the host would only learn whether the status is 0.
os._exit = posix._exit = _exit


def exit(code=None):
    """Ends the program, as `sys.exit` does."""
    raise SystemExit(code)


# What `site` would define for programs.
exit.__module__ = "builtins"
builtins.exit = builtins.quit = exit
builtins.help = _sitebuiltins._Helper()

# So that the host has what a program printed when it ends the program at a limit.
sys.stdout.reconfigure(line_buffering=True)

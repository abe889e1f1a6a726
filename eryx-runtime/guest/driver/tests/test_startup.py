import _sitebuiltins
import builtins
import importlib
import os
import posix
import sys
import unittest

from driver.tests import native


class Startup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        before = [(os, "_exit"), (posix, "_exit")]
        before += [(builtins, name) for name in ("exit", "quit", "help") if hasattr(builtins, name)]
        for module, name in before:
            cls.addClassCleanup(setattr, module, name, getattr(module, name))
        cls.module = importlib.import_module("driver.startup")

    def setUp(self):
        native.reset()

    def test_os_exit_ends_the_process_with_the_status(self):
        os._exit(7)
        self.assertEqual(native.calls, [("end_process", 7)])
        self.assertIs(posix._exit, os._exit)
        self.assertEqual(os._exit.__module__, "posix")

    def test_exit_and_quit(self):
        for function in (builtins.exit, builtins.quit):
            with self.assertRaises(SystemExit) as context:
                function(3)
            self.assertEqual(context.exception.code, 3)
            with self.assertRaises(SystemExit) as context:
                function()
            self.assertIsNone(context.exception.code)
        self.assertEqual(builtins.exit.__module__, "builtins")

    def test_help(self):
        self.assertIsInstance(builtins.help, _sitebuiltins._Helper)

    def test_lines_are_flushed(self):
        self.assertTrue(sys.__stdout__.line_buffering)


if __name__ == "__main__":
    unittest.main()

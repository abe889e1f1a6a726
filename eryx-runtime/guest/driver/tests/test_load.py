import builtins
import sys
import unittest

from driver.load import load


def native():
    return "native"


class Load(unittest.TestCase):
    def setUp(self):
        # The package of these tests has the name of the one that is loaded.
        self.before = {name: module for name, module in sys.modules.items() if self.is_driver(name)}
        for name in self.before:
            del sys.modules[name]
        self.addCleanup(sys.modules.update, self.before)

    @staticmethod
    def is_driver(name):
        return name.partition(".")[0] == "driver"

    def load(self, **sources):
        try:
            return load([native], [[name, source] for name, source in sources.items()])
        finally:
            self.assertEqual([name for name in sys.modules if self.is_driver(name)], [])

    def test_modules_import_each_other(self):
        modules = self.load(
            one="def f():\n    return 1",
            two="from .one import f\nfrom . import one\nfrom .native import native\n"
            "x = f(), one.f(), native()",
        )
        self.assertEqual(sorted(modules), ["native", "one", "two"])
        self.assertEqual(modules["two"].x, (1, 1, "native"))
        self.assertIs(modules["two"].one, modules["one"])
        self.assertEqual(modules["one"].__name__, "driver.one")

    def test_code_has_the_name_of_the_module(self):
        modules = self.load(one="def f(): pass")
        self.assertEqual(modules["one"].f.__code__.co_filename, "<eryx/one>")

    def test_module_after_one_that_imports_it(self):
        with self.assertRaises(ImportError):
            self.load(one="from .two import x", two="x = 1")

    def test_module_that_fails(self):
        with self.assertRaises(ZeroDivisionError):
            self.load(one="x = 1", two="1 / 0")

    def test_builtins_are_a_copy(self):
        modules = self.load(one="def f(items):\n    return len(items)", two="from .one import f")
        length = builtins.len
        builtins.len = lambda items: 666
        try:
            self.assertEqual(modules["two"].f([1, 2]), 2)
        finally:
            builtins.len = length
        # One copy for all.
        self.assertIs(modules["one"].__builtins__, modules["two"].__builtins__)


if __name__ == "__main__":
    unittest.main()

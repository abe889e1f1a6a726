import os
import unittest
from types import ModuleType

from driver.tests import native
from driver.configure import configure


class Configure(unittest.TestCase):
    def setUp(self):
        native.reset()
        self.main = ModuleType("__main__")
        self.before = dict(vars(self.main))

    def test_environment(self):
        for name in ("ERYX_ONE", "ERYX_TWO"):
            self.addCleanup(os.environ.pop, name, None)
        configure([["ERYX_ONE", "1"], ["ERYX_TWO", "ä"]], [], self.main)
        self.assertEqual((os.environ["ERYX_ONE"], os.environ["ERYX_TWO"]), ("1", "ä"))
        self.assertEqual(os.getenv("ERYX_ONE"), "1")
        self.assertEqual(vars(self.main), self.before)

    def test_functions(self):
        configure([], [["one", "(x)", "First."], ["two", "()", ""]], self.main)
        self.main.one(1)
        self.main.two()
        self.assertEqual([index for index, _ in native.named("host_call")], [0, 1])
        self.assertEqual((self.main.one.__doc__, self.main.two.__doc__), ("First.", None))
        self.assertEqual(self.main.two.__name__, "two")


if __name__ == "__main__":
    unittest.main()

import sys
import unittest
from types import ModuleType

from driver.preimport import preimport


class Finder:
    """Finds modules whose sources a test gives."""

    def __init__(self, sources):
        self.sources = sources
        self.loaded = []

    def find_spec(self, name, path, target=None):
        if name in self.sources:
            return sys.modules["importlib.machinery"].ModuleSpec(name, self)

    def create_module(self, spec):
        return ModuleType(spec.name)

    def exec_module(self, module):
        self.loaded.append(module.__name__)
        exec(self.sources[module.__name__], vars(module))


class Preimport(unittest.TestCase):
    def imported(self, sources, names):
        import importlib.machinery

        finder = Finder(sources)
        sys.meta_path.insert(0, finder)
        self.addCleanup(sys.meta_path.remove, finder)
        for name in sources:
            self.addCleanup(sys.modules.pop, name, None)
        return preimport(names), finder.loaded

    def test_modules_in_their_order(self):
        sources = {"one": "", "two": "", "three": ""}
        traceback, loaded = self.imported(sources, ["two", "one"])
        self.assertIsNone(traceback)
        self.assertEqual(loaded, ["two", "one"])

    def test_no_modules(self):
        self.assertIsNone(preimport([]))

    def test_missing_module(self):
        traceback, loaded = self.imported({"one": ""}, ["not_there", "one"])
        self.assertTrue(traceback.startswith("Traceback (most recent call last):\n"), traceback)
        message = "\nModuleNotFoundError: No module named 'not_there'\n"
        self.assertTrue(traceback.endswith(message), traceback)
        self.assertEqual(loaded, [])

    def test_module_that_fails(self):
        for error in ("ValueError('wrong')", "SystemExit(3)", "KeyboardInterrupt"):
            traceback, loaded = self.imported({"fails": f"raise {error}"}, ["fails"])
            self.assertIn(error.split("(")[0], traceback.splitlines()[-1])
            self.assertEqual(loaded, ["fails"])

    def test_traceback_is_printable(self):
        traceback, _ = self.imported({"fails": "raise ValueError('\\ud800')"}, ["fails"])
        self.assertTrue(traceback.endswith("ValueError: \\ud800\n"), ascii(traceback))


if __name__ == "__main__":
    unittest.main()

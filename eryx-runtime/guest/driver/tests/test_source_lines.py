import inspect
import linecache
import unittest

from driver import source_lines

SOURCE = "def function():\n    return 1\n"


class SourceLines(unittest.TestCase):
    def setUp(self):
        source_lines.pending.clear()
        self.addCleanup(source_lines.pending.clear)

    def program(self, name):
        code = compile(SOURCE, name, "exec")
        source_lines.remember((code, None), SOURCE, name)
        names = {"__name__": __name__}
        exec(code, names)
        return names["function"]

    def test_program_in_no_file(self):
        function = self.program("<string>")
        self.assertEqual(len(source_lines.pending), 1)
        self.assertEqual(linecache._getlines_from_code(function.__code__), SOURCE.splitlines(True))
        self.assertEqual(source_lines.pending, [])
        self.assertEqual(inspect.getsource(function), SOURCE)

    def test_two_programs_of_one_name(self):
        first, second = self.program("<string>"), self.program("<string>")
        source_lines.register()
        self.assertEqual(source_lines.pending, [])
        for function in (first, second):
            self.assertEqual(inspect.getsource(function), SOURCE)

    def test_program_in_a_file(self):
        name = "/tmp/not-there.py"
        self.addCleanup(linecache.cache.pop, name, None)
        self.program(name)
        self.assertEqual(source_lines.pending, [])
        self.assertEqual(linecache.getline(name, 2), "    return 1\n")

    def test_files_still_have_their_lines(self):
        lines = linecache._getlines_from_code(unittest.TestCase.setUp.__code__)
        self.assertIn("    def setUp(self):\n", lines or linecache.getlines(unittest.case.__file__))


if __name__ == "__main__":
    unittest.main()

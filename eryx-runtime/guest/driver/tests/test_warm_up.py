import gc
import io
import linecache
import sys
import unittest
import weakref

from driver import execute, source_lines, values, warm_up


class WarmUp(unittest.TestCase):
    def setUp(self):
        for name in ("argv", "stdin", "__stdin__", "stdout", "__stdout__", "stderr", "__stderr__"):
            self.addCleanup(setattr, sys, name, getattr(sys, name))
        self.addCleanup(execute.forget)
        sys.stdout = sys.__stdout__ = io.StringIO()
        sys.stderr = sys.__stderr__ = io.StringIO()
        self.main = sys.modules["__main__"]

    def test_nothing_is_left(self):
        names, cache = dict(vars(self.main)), dict(linecache.cache)
        modules = set(sys.modules)
        warm_up.warm_up()
        self.assertEqual(vars(self.main), names)
        self.assertEqual(linecache.cache, cache)
        self.assertEqual(set(sys.modules), modules)
        self.assertEqual(source_lines.pending, [])
        self.assertEqual(execute._runs, [])
        self.assertEqual(sys.argv, ["-c"])

    def test_programs_run_several_times_with_and_without_value(self):
        warm_up.warm_up()
        self.assertEqual(sys.stdout.getvalue().count("[(0.00, '0'), "), 2 * 8)

    def test_programs_run_as_they_should(self):
        outcomes = []
        original = execute.execute

        def record(source, *arguments, **options):
            outcomes.append((source, original(source, *arguments, **options)))
            return outcomes[-1][1]

        execute.execute = record
        try:
            warm_up.warm_up()
        finally:
            execute.execute = original
        kinds = {source: outcome and outcome[0] for source, outcome in outcomes}
        expected = [None, None, "raised", "raised", "exit"]
        self.assertEqual([kinds[source] for source in warm_up._PROGRAMS], expected)
        for source in warm_up._NUMPY_PROGRAMS:
            self.assertIsNone(kinds.get(source))

    def test_streams_that_a_module_has_replaced_get_nothing(self):
        sys.stdout = io.StringIO()
        warm_up.warm_up()
        self.assertEqual(sys.stdout.getvalue(), "")
        self.assertEqual(sys.__stdout__.getvalue(), "")


class Collector(unittest.TestCase):
    def test_garbage_is_freed(self):
        for function in (warm_up.collect_garbage, warm_up.untrack):
            one = type("Kind", (), {})()
            one.itself = one
            reference = weakref.ref(one)
            del one
            function()
            self.assertIsNone(reference())

    def test_untrack_unfreezes(self):
        gc.freeze()
        warm_up.untrack()
        self.assertEqual(gc.get_freeze_count(), 0)


class GatherCode(unittest.TestCase):
    def test_code_of_the_driver_is_new_and_equal(self):
        functions = [execute.execute, values.describe, values._plain, source_lines._lines]
        before = [function.__code__ for function in functions]
        warm_up.gather_code()
        for function, code in zip(functions, before):
            self.assertIsNot(function.__code__, code)
            self.assertEqual(function.__code__, code)

    def test_code_of_others_stays(self):
        def other():
            pass

        values.other = other
        self.addCleanup(delattr, values, "other")
        before = other.__code__
        warm_up.gather_code()
        self.assertIs(other.__code__, before)


if __name__ == "__main__":
    unittest.main()

import io
import json
import sys
import unittest
from types import ModuleType

from driver import execute as module
from driver import source_lines
from driver.execute import exit_status
from driver.host_calls import waiting


class Test(unittest.TestCase):
    def setUp(self):
        module.forget()
        self.main = ModuleType("__main__")
        self.finished = 0
        # What programs replace.
        for name in ("argv", "stdin", "__stdin__", "stdout", "__stdout__", "stderr", "__stderr__"):
            self.addCleanup(setattr, sys, name, getattr(sys, name))
        self.addCleanup(module.forget)

    def finish(self):
        self.finished += 1

    def execute(self, source, name="<string>", arguments=(), wants_last=False, variable=None):
        finish, main = self.finish, self.main
        return module.execute(source, name, list(arguments), wants_last, variable, finish, main)

    def printed(self, source, **options):
        sys.stdout = sys.__stdout__ = io.StringIO()
        self.assertIsNone(self.execute(source, **options))
        return sys.stdout.getvalue()

    def raised(self, source, **options):
        kind, text = self.execute(source, **options)
        self.assertEqual(kind, "raised")
        return json.loads(text)


class Values(Test):
    def test_nothing_is_requested(self):
        self.assertIsNone(self.execute("x = 1\nx + 1"))
        self.assertEqual(self.main.x, 1)

    def test_last_expression(self):
        self.assertEqual(self.execute("x = 1\nx + 1", wants_last=True), ("value", "2", None, "2"))
        self.assertEqual(self.execute("None", wants_last=True), ("value", "null", None, "None"))

    def test_last_line_that_is_no_expression(self):
        for source in ("x = 1", "if True:\n    3", "3;x = 1", "", "# nothing"):
            self.assertIsNone(self.execute(source, wants_last=True), source)

    def test_variable(self):
        self.assertEqual(self.execute("x = [1]", variable="x"), ("value", "[1]", None, "[1]"))
        self.assertIsNone(self.execute("1 + 1", variable="missing"))
        self.assertIsNone(self.execute("1 + 1", variable=""))

    def test_value_that_has_no_json(self):
        kind, text, reason, representation = self.execute("{1}", wants_last=True)
        self.assertEqual((kind, text, representation), ("value", None, "{1}"))
        self.assertIn("no form in JSON", reason)


class Programs(Test):
    def test_globals_stay(self):
        self.execute("x = 1")
        self.assertEqual(self.execute("x", wants_last=True)[1], "1")

    def test_arguments(self):
        printed = self.printed("import sys; print(sys.argv)", arguments=["a", "b"])
        self.assertEqual(printed, "['a', 'b']\n")

    def test_arguments_that_are_equal_are_not_set(self):
        sys.argv = argv = ["a"]
        self.execute("", arguments=["a"])
        self.assertIs(sys.argv, argv)

    def test_file(self):
        self.execute("", name="/tmp/program.py")
        self.assertEqual(self.main.__file__, "/tmp/program.py")

    def test_program_in_no_file(self):
        self.execute("")
        self.assertFalse(hasattr(self.main, "__file__"))
        self.assertEqual(len(source_lines.pending), 1)

    def test_source_that_is_no_python(self):
        for wants_last in (False, True):
            self.assertEqual(self.raised("print(1", wants_last=wants_last)["type"], "SyntaxError")

    def test_source_in_tracebacks(self):
        traceback = self.raised("x = 0\nprint(1 / x)")["traceback"]
        self.assertIn('  File "<string>", line 2, in <module>\n    print(1 / x)\n', traceback)
        traceback = self.raised("x = 0\nprint(1 / x)", wants_last=True)["traceback"]
        self.assertIn("    print(1 / x)\n", traceback)
        traceback = self.raised("1 / 0", name="/tmp/other.py")["traceback"]
        self.assertIn('  File "/tmp/other.py", line 1, in <module>\n    1 / 0\n', traceback)

    def test_exception(self):
        fields = self.raised("raise KeyError('x')")
        self.assertEqual((fields["type"], fields["message"]), ("KeyError", "'x'"))

    def test_every_exception_is_described(self):
        for name in ("KeyboardInterrupt", "GeneratorExit", "BaseException", "MemoryError"):
            self.assertEqual(self.raised(f"raise {name}")["type"], name)

    def test_memory_is_reserved_again(self):
        self.raised("raise MemoryError")
        self.assertEqual(module._reserve, [])
        self.execute("")
        self.assertEqual(len(module._reserve), 1)

    def test_exit(self):
        self.assertIsNone(self.execute("raise SystemExit"))
        self.assertEqual(self.execute("raise SystemExit(3)"), ("exit", 3))


class Async(Test):
    def test_await_outside_of_functions(self):
        source = "import asyncio\nawait asyncio.sleep(0)\nx = 1"
        self.assertEqual(self.execute(source, variable="x")[1], "1")

    def test_last_expression_is_awaited(self):
        source = "import asyncio\nasync def f():\n    return 2\nawait f()"
        self.assertEqual(self.execute(source, wants_last=True)[1], "2")
        self.assertEqual(self.execute("y = await f()\ny + 1", wants_last=True)[1], "3")

    def test_exceptions(self):
        source = "import asyncio\nawait asyncio.sleep(0)\n1 / 0"
        self.assertEqual(self.raised(source)["type"], "ZeroDivisionError")

    def test_programs_that_run_their_own_loop(self):
        source = "import asyncio\nasync def f():\n    return 4\nx = asyncio.run(f())"
        self.assertEqual(self.execute(source, variable="x")[1], "4")


class End(Test):
    def test_what_is_registered_runs_once(self):
        for source in ("", "1 / 0", "raise SystemExit"):
            self.finished = 0
            self.execute(source)
            self.assertEqual(self.finished, 1)

    def test_exceptions_at_the_end_are_ignored(self):
        def finish():
            raise KeyboardInterrupt

        self.assertIsNone(module.execute("", "x", [], False, None, finish, self.main))

    def test_streams_are_flushed(self):
        class Stream(io.StringIO):
            flushed = 0

            def flush(self):
                self.flushed += 1

        sys.stdout = sys.__stdout__ = one = Stream()
        sys.stderr, sys.__stderr__ = other, original = Stream(), Stream()
        self.execute("")
        self.assertEqual((one.flushed, other.flushed, original.flushed), (1, 1, 1))

    def test_streams_may_be_gone(self):
        for stream in (None, 3, io.StringIO()):
            sys.stdout = stream
            if isinstance(stream, io.StringIO):
                stream.close()
            self.assertIsNone(self.execute("x = 1"))
        self.assertIsNone(self.execute("import sys; del sys.stderr"))
        sys.stderr = None

    def test_calls_that_were_not_awaited_are_forgotten(self):
        waiting[1] = None
        self.execute("")
        self.assertEqual(waiting, {})


class Again(Test):
    def test_first_program_keeps_stdin(self):
        stdin = sys.stdin
        self.execute("")
        self.assertIs(sys.stdin, stdin)

    def test_next_program_gets_a_new_stdin(self):
        # The stream of the tests may be another one.
        sys.stdin = sys.__stdin__
        if sys.stdin is None:
            self.skipTest("there is no stdin")
        stdin = sys.stdin
        self.execute("")
        self.execute("")
        self.assertIsNot(sys.stdin, stdin)
        self.assertIs(sys.stdin, sys.__stdin__)
        self.assertEqual((sys.stdin.name, sys.stdin.mode, sys.stdin.fileno()), ("<stdin>", "r", 0))
        self.assertEqual((sys.stdin.encoding, sys.stdin.errors), ("utf-8", "surrogateescape"))

    def test_stdin_that_a_program_has_replaced_stays(self):
        self.execute("")
        sys.stdin = mine = io.StringIO("x")
        self.execute("")
        self.assertIs(sys.stdin, mine)

    def test_forget(self):
        self.execute("")
        module.forget()
        self.assertEqual(source_lines.pending, [])
        self.assertEqual(module._runs, [])


class ExitStatus(unittest.TestCase):
    def test_success(self):
        for code in (None, 0, False):
            self.assertIsNone(exit_status(code))

    def test_numbers(self):
        self.assertEqual(exit_status(3), ("exit", 3))
        self.assertEqual(exit_status(-1), ("exit", -1))
        self.assertEqual(exit_status(True), ("exit", 1))
        self.assertEqual(exit_status(2**31 - 1), ("exit", 2**31 - 1))
        self.assertEqual(exit_status(-(2**31)), ("exit", -(2**31)))

    def test_numbers_that_no_status_can_hold(self):
        for code in (2**31, -(2**31) - 1, 10**30):
            self.assertEqual(exit_status(code), ("exit", -1))

    def test_other_values_are_printed(self):
        stderr, sys.stderr = sys.stderr, io.StringIO()
        try:
            self.assertEqual(exit_status("wrong"), ("exit", 1))
            self.assertEqual(sys.stderr.getvalue(), "wrong\n")
            sys.stderr = None
            self.assertEqual(exit_status("wrong"), ("exit", 1))
            sys.stderr = io.StringIO()
            sys.stderr.close()
            self.assertEqual(exit_status(1.5), ("exit", 1))
        finally:
            sys.stderr = stderr


if __name__ == "__main__":
    unittest.main()

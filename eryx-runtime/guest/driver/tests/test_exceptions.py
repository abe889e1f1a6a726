import json
import unittest

from driver import exceptions
from driver.exceptions import describe, to_fields


def caught(call, *arguments):
    try:
        call(*arguments)
    except BaseException as error:
        return error


def code(source, file):
    names = {}
    exec(compile(source, file, "exec"), names)
    return names


def files(fields):
    return [frame["file"] for frame in fields["frames"]]


class Fields(unittest.TestCase):
    def test_class_and_message(self):
        fields = to_fields(ValueError("wrong"))
        self.assertEqual((fields["type"], fields["message"]), ("ValueError", "wrong"))
        self.assertEqual(fields["traceback"], "ValueError: wrong\n")
        self.assertEqual((fields["notes"], fields["frames"]), ([], []))
        self.assertNotIn("exceptions", fields)

    def test_class_has_its_module(self):
        error = caught(json.loads, "{")
        self.assertEqual(to_fields(error)["type"], "json.decoder.JSONDecodeError")

    def test_class_of_the_program_has_no_module(self):
        kind = type("Own", (Exception,), {"__module__": "__main__"})
        self.assertEqual(to_fields(kind())["type"], "Own")

    def test_message_that_fails(self):
        class Broken(Exception):
            def __str__(self):
                raise KeyError

        self.assertEqual(to_fields(Broken())["message"], "<exception str() failed>")

    def test_notes(self):
        error = ValueError()
        error.add_note("first")
        error.add_note("second")
        self.assertEqual(to_fields(error)["notes"], ["first", "second"])
        error.__notes__ = ["x"] * (exceptions.NOTE_LIMIT + 1)
        self.assertEqual(len(to_fields(error)["notes"]), exceptions.NOTE_LIMIT)
        error.__notes__ = "no list"
        self.assertEqual(to_fields(error)["notes"], [])

    def test_frames(self):
        names = code("def outer():\n    inner()\ndef inner():\n    1 / 0\n", "/tmp/program.py")
        fields = to_fields(caught(names["outer"]))
        frames = [(frame["file"], frame["line"], frame["function"]) for frame in fields["frames"]]
        expected = [("/tmp/program.py", 2, "outer"), ("/tmp/program.py", 4, "inner")]
        self.assertEqual(frames[1:], expected)
        self.assertTrue(fields["traceback"].startswith("Traceback (most recent call last):\n"))
        self.assertTrue(fields["traceback"].endswith("\nZeroDivisionError: division by zero\n"))

    def test_source_of_frames(self):
        fields = to_fields(caught(lambda: 1 / 0))
        self.assertIn("1 / 0", fields["frames"][-1]["source"])

    def test_frames_in_the_middle_are_left_out(self):
        source = "def down(n):\n    down(n - 1) if n else 1 / 0\ndef up(n):\n    down(n)\n"
        names = code(source, "x")
        fields = to_fields(caught(names["up"], 300))
        functions = [frame["function"] for frame in fields["frames"]]
        self.assertEqual(len(functions), exceptions.FRAME_LIMIT)
        self.assertEqual(functions[:3], ["caught", "up", "down"])
        self.assertEqual(functions[-1], "down")


class Groups(unittest.TestCase):
    def test_exceptions_of_a_group(self):
        fields = to_fields(ExceptionGroup("both", [ValueError("a"), KeyError("b")]))
        self.assertEqual(fields["message"], "both (2 sub-exceptions)")
        others = [(other["type"], other["message"]) for other in fields["exceptions"]]
        self.assertEqual(others, [("ValueError", "a"), ("KeyError", "'b'")])
        self.assertNotIn("traceback", fields["exceptions"][0])

    def test_wide_groups_are_cut(self):
        inner = [ExceptionGroup("in", [ValueError()] * 30) for _ in range(5)]
        fields = to_fields(ExceptionGroup("out", inner))

        def count(fields):
            others = fields.get("exceptions", [])
            return len(others) + sum(map(count, others))

        self.assertEqual(count(fields), exceptions.GROUP_LIMIT)

    def test_deep_groups_are_cut(self):
        error = ValueError()
        for _ in range(exceptions.DEPTH_LIMIT + 3):
            error = ExceptionGroup("in", [error])
        fields = to_fields(error)
        depth = 0
        while "exceptions" in fields:
            (fields,) = fields["exceptions"]
            depth += 1
        self.assertEqual(depth, exceptions.DEPTH_LIMIT)


class Hidden(unittest.TestCase):
    OUTER = "def outer(inner):\n    inner()\n"

    def test_frames_of_the_driver(self):
        driver = code(self.OUTER, "<eryx/execute>")["outer"]
        program = code(self.OUTER, "<string>")["outer"]
        error = caught(driver, lambda: program(lambda: driver(lambda: 1 / 0)))
        # This file's own `caught` is outside of the driver, as no program's frame is.
        error.__traceback__ = error.__traceback__.tb_next
        fields = to_fields(error)
        self.assertEqual(files(fields), [__file__, "<string>", __file__, __file__])
        self.assertNotIn("<eryx", fields["traceback"])

    def test_frames_of_the_event_loop_around_a_program(self):
        loop = code(self.OUTER, "/python/asyncio/runners.py")["outer"]
        driver = code(self.OUTER, "<eryx/execute>")["outer"]
        program = code("def run():\n    1 / 0\n", "<string>")["run"]
        error = caught(lambda: driver(lambda: loop(program)))
        # The first two frames are those of this file.
        error.__traceback__ = error.__traceback__.tb_next.tb_next
        expected = [__file__, "/python/asyncio/runners.py", "<string>"]
        self.assertEqual(files(to_fields(error)), expected)
        error.__traceback__ = error.__traceback__.tb_next
        self.assertEqual(files(to_fields(error)), ["<string>"])

    def test_causes_and_contexts(self):
        driver = code(self.OUTER, "<eryx/execute>")["outer"]

        def fail():
            try:
                driver(lambda: 1 / 0)
            except ZeroDivisionError as error:
                raise ValueError from error

        error = caught(fail)
        error.__traceback__ = error.__traceback__.tb_next
        self.assertNotIn("<eryx", to_fields(error)["traceback"])

    def test_exceptions_of_groups(self):
        driver = code(self.OUTER, "<eryx/execute>")["outer"]
        error = ExceptionGroup("x", [caught(driver, lambda: 1 / 0)])
        fields = to_fields(error)
        self.assertNotIn("<eryx", fields["traceback"])
        self.assertEqual(files(fields["exceptions"][0]), [__file__, __file__])

    def test_causes_in_a_ring(self):
        error, other = ValueError("a"), ValueError("b")
        error.__cause__, other.__cause__ = other, error
        self.assertEqual(to_fields(error)["message"], "a")


class Describe(unittest.TestCase):
    def test_json(self):
        kind, text = describe(ValueError("wrong"))
        self.assertEqual(kind, "raised")
        self.assertEqual(json.loads(text), to_fields(ValueError("wrong")))

    def test_surrogates_are_escaped(self):
        text = describe(ValueError("\ud800"))[1]
        text.encode()
        self.assertEqual(json.loads(text)["message"], "\\ud800")

    def test_without_memory_the_least_is_left(self):
        def encode(fields):
            raise MemoryError

        text = describe(ValueError('a "quoted" \ud800'), encode)[1]
        self.assertEqual(
            json.loads(text),
            {
                "type": "ValueError",
                "message": 'a "quoted" \\ud800',
                "traceback": 'ValueError: a "quoted" \\ud800\n',
            },
        )

    def test_broken_class(self):
        class Meta(type):
            def __getattribute__(cls, name):
                if name == "__qualname__":
                    raise KeyError
                return super().__getattribute__(name)

        class Broken(Exception, metaclass=Meta):
            pass

        fields = json.loads(describe(Broken("x"))[1])
        self.assertEqual(fields, {"type": "Broken", "message": "", "traceback": ""})


if __name__ == "__main__":
    unittest.main()

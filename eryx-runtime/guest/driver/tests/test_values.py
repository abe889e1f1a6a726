import json
import math
import unittest

from driver import values
from driver.values import describe, to_json


class Describe(unittest.TestCase):
    def test_value(self):
        self.assertEqual(describe(1), ("value", "1", None, "1"))
        self.assertEqual(describe(None), ("value", "null", None, "None"))
        self.assertEqual(describe("ä"), ("value", '"ä"', None, "'ä'"))

    def test_value_without_form_in_json(self):
        kind, text, reason, representation = describe({1, 2})
        self.assertEqual((kind, text), ("value", None))
        self.assertEqual(reason, "set has no form in JSON")
        self.assertEqual(representation, "{1, 2}")

    def test_reason_without_message_is_the_class(self):
        class Silent(dict):
            def items(self):
                raise ValueError

        self.assertEqual(describe({"a": Silent(b=1)})[1:3], (None, "ValueError"))

    def test_reason_is_printable(self):
        class Failing(dict):
            def items(self):
                raise ValueError("\ud800")

        self.assertEqual(describe(Failing(a=1))[1:3], (None, "\\ud800"))

    def test_repr_that_fails(self):
        class Broken:
            def __repr__(self):
                raise KeyboardInterrupt

        self.assertEqual(describe(Broken())[3], "<repr() failed: KeyboardInterrupt>")

    def test_repr_is_cut(self):
        text = describe("a" * (values.REPR_LIMIT + 10))[3]
        self.assertEqual(text, "'" + "a" * (values.REPR_LIMIT - 1))

    def test_repr_is_printable(self):
        class Surrogate:
            def __repr__(self):
                return "\udfff"

        self.assertEqual(describe(Surrogate())[3], "\\udfff")


class ToJson(unittest.TestCase):
    def test_plain_values(self):
        value = {"a": [1, 2.5, "x", None, True], "b": {"c": []}}
        self.assertEqual(json.loads(to_json(value)), value)

    def test_floats_that_are_not_finite_are_null(self):
        self.assertEqual(to_json([math.nan, math.inf, -math.inf, 1.0]), "[null, null, null, 1.0]")

    def test_surrogates_are_replaced(self):
        self.assertEqual(to_json("a\ud800b"), '"a\ufffdb"')

    def test_keys(self):
        self.assertEqual(to_json({1: 1, None: 2, True: 3}), '{"1": 3, "null": 2}')
        self.assertEqual(to_json({math.nan: 1}), '{"null": 1}')
        with self.assertRaisesRegex(TypeError, "a key that is a list or tuple has no form in JSON"):
            to_json({(1, 2): 3})
        with self.assertRaisesRegex(TypeError, "^object has no form in JSON"):
            to_json({object(): 3})

    def test_other_classes_are_refused(self):
        for value in (object(), b"x", 1j, {1}, range(2), [[object()]]):
            with self.assertRaisesRegex(TypeError, "has no form in JSON"):
                to_json(value)

    def test_values_that_contain_themselves_are_refused(self):
        value = []
        value.append(value)
        with self.assertRaises(RecursionError):
            to_json(value)


try:
    import numpy
except ImportError:
    numpy = None


@unittest.skipUnless(numpy, "NumPy is missing")
class NumPy(unittest.TestCase):
    def test_scalars_are_numbers(self):
        self.assertEqual(to_json(numpy.int64(3)), "3")
        self.assertEqual(to_json(numpy.float32(0.5)), "0.5")
        self.assertEqual(to_json(numpy.bool_(True)), "true")
        self.assertEqual(to_json(numpy.float64("nan")), "null")

    def test_arrays_are_lists(self):
        self.assertEqual(to_json(numpy.arange(4).reshape(2, 2)), "[[0, 1], [2, 3]]")
        self.assertEqual(to_json({"a": numpy.zeros(0)}), '{"a": []}')

    def test_scalars_are_keys(self):
        self.assertEqual(to_json({numpy.int32(7): 1}), '{"7": 1}')

    def test_types_that_json_lacks_are_refused(self):
        for value in (numpy.complex128(1j), numpy.array([1j]), numpy.longdouble(1)):
            with self.subTest(value), self.assertRaises(TypeError):
                to_json(value)


if __name__ == "__main__":
    unittest.main()

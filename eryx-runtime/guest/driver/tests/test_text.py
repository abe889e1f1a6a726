import unittest

from driver.text import printable, replace_surrogates


class Printable(unittest.TestCase):
    def test_text_stays(self):
        self.assertEqual(printable("a\n\x00ä😀"), "a\n\x00ä😀")

    def test_lone_surrogates_are_escaped(self):
        self.assertEqual(printable("a\ud800b\udfff"), "a\\ud800b\\udfff")

    def test_other_values_are_converted(self):
        self.assertEqual(printable(12), "12")
        self.assertEqual(printable(None), "None")


class ReplaceSurrogates(unittest.TestCase):
    def test_text_without_surrogates_is_the_same_object(self):
        for text in ("", "plain", "ä😀\uffff"):
            self.assertIs(replace_surrogates(text, self.fail), text)

    def test_each_surrogate_is_replaced(self):
        text = replace_surrogates("ä\ud800\udc00-\udfff", lambda it: f"[{ord(it):x}]")
        self.assertEqual(text, "ä[d800][dc00]-[dfff]")

    def test_characters_beside_the_surrogates_stay(self):
        self.assertEqual(replace_surrogates("\ud7ff\ue000\ud800", lambda it: ""), "\ud7ff\ue000")


if __name__ == "__main__":
    unittest.main()

import random
import unittest
from types import SimpleNamespace

from driver.tests import native
from driver import reseed


class Test(unittest.TestCase):
    def setUp(self):
        native.reset()
        reseed._seeds.clear()
        self.addCleanup(reseed._seeds.clear)


def numpy_like(seeded):
    """A module like `numpy.random.mtrand`."""
    key = SimpleNamespace(tolist=lambda: [5, 6])
    generator = SimpleNamespace(state={"state": {"key": key, "pos": 7}}, capsule="capsule")
    rand = SimpleNamespace(_bit_generator=generator, seed=lambda: seeded.append("numpy"))
    return SimpleNamespace(_rand=rand)


class Prepare(Test):
    def test_no_modules(self):
        self.assertEqual(reseed.prepare({}), 0)
        self.assertEqual(native.calls, [])

    def test_state_of_random_is_position_and_words(self):
        self.assertEqual(reseed.prepare({"random": random}), 0)
        ((generator, state),) = native.named("find_state")
        self.assertIs(generator, random._inst)
        *words, position = random.getstate()[1]
        numbers = [int.from_bytes(state[at : at + 4], "little") for at in range(0, len(state), 4)]
        self.assertEqual(numbers, [position, *words])

    def test_state_of_numpy_is_words_and_position(self):
        seeded = []
        self.assertEqual(reseed.prepare({"numpy.random.mtrand": numpy_like(seeded)}), 0)
        expected = b"".join(number.to_bytes(4, "little") for number in (5, 6, 7))
        self.assertEqual(native.named("find_state"), [["capsule", expected]])
        self.assertEqual(seeded, ["numpy"])

    def test_generators_are_seeded_before_their_state_is_found(self):
        random.seed(1)
        random.gauss()
        before = random.getstate()
        reseed.prepare({"random": random})
        self.assertNotEqual(random.getstate(), before)
        self.assertIsNone(random.getstate()[2])

    def test_states_that_are_not_found(self):
        native.is_state_found = False
        modules = {"random": random, "numpy.random.mtrand": numpy_like([])}
        self.assertEqual(reseed.prepare(modules), 2)

    def test_modules_that_are_others_than_their_names_say(self):
        modules = {"random": SimpleNamespace(), "numpy.random.mtrand": SimpleNamespace()}
        self.assertEqual(reseed.prepare(modules), 2)
        reseed.reseed()
        self.assertEqual(native.calls, [])

    def test_names_of_temporary_files(self):
        tempfile = SimpleNamespace(_name_sequence="frozen")
        self.assertEqual(reseed.prepare({"tempfile": tempfile}), 0)
        self.assertIsNone(tempfile._name_sequence)


class Reseed(Test):
    def test_only_what_was_not_found_is_seeded(self):
        seeded = []
        modules = {"numpy.random.mtrand": numpy_like(seeded)}
        reseed.prepare(modules)
        reseed.reseed()
        self.assertEqual(seeded, ["numpy"])
        native.is_state_found = False
        reseed.prepare(modules)
        reseed.reseed()
        self.assertEqual(seeded, ["numpy"] * 3)

    def test_all_are_seeded_though_one_fails(self):
        seeded = []
        reseed._seeds += [lambda: 1 / 0, lambda: seeded.append("second")]
        reseed.reseed()
        self.assertEqual(seeded, ["second"])


if __name__ == "__main__":
    unittest.main()

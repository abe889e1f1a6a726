"""Reseeds the random number generators whose state a snapshot freezes.

What calls `os.urandom` when it is used needs nothing: `secrets`, `uuid.uuid4`,
`random.SystemRandom`. The seed of `hash()` stays.
"""

import sys

from .native import find_state

# The functions that seed generators whose state was not found in memory.
_seeds = []


def prepare(modules=sys.modules):
    """Finds the generators of modules. Returns how many of them `reseed` has to seed."""
    if tempfile := modules.get("tempfile"):
        # It creates a generator for names of temporary files when it has none.
        tempfile._name_sequence = None
    if random := modules.get("random"):

        def random_state():
            *words, position = random.getstate()[1]
            return random._inst, position, *words

        _prepare(lambda: random.seed(), random_state)
    if mtrand := modules.get("numpy.random.mtrand"):
        # The generator behind `numpy.random.rand` and its like.

        def numpy_state():
            generator = mtrand._rand._bit_generator
            state = generator.state["state"]
            return generator.capsule, *state["key"].tolist(), state["pos"]

        _prepare(lambda: mtrand._rand.seed(), numpy_state)
    return len(_seeds)


def _prepare(seed, report):
    """Seeds a generator, and again in each instance unless its state is found in memory."""
    try:
        # This also drops what the generator has kept of earlier draws.
        seed()
        generator, *words = report()
        if find_state(generator, b"".join(word.to_bytes(4, "little") for word in words)):
            return
    except Exception:
        pass  # The module is another than its name says.
    _seeds.append(seed)


def reseed():
    """Seeds the generators whose state was not found in memory."""
    for seed in _seeds:
        try:
            seed()
        except Exception:
            pass  # The module has changed since.

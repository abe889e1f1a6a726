"""Four elementwise operations on a million float64."""

import numpy as np

u = np.linspace(0, 1, 1_000_000)
v = np.linspace(1, 2, 1_000_000)


def run():
    return round(float((u * v + u - v / 3)[777_777]), 9)

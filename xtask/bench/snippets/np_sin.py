"""The sine of a million float64."""

import numpy as np

x = np.linspace(0, 100, 1_000_000)


def run():
    return round(float(np.sin(x)[12_345]), 9)

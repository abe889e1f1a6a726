"""The sum of ten million float64."""

import numpy as np

numbers = np.ones(10_000_000)


def run():
    return float(numbers.sum())

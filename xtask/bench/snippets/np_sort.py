"""Sorting a million float64."""

import numpy as np

numbers = np.random.default_rng(5).random(1_000_000)


def run():
    return round(float(np.sort(numbers)[500_000]), 12)

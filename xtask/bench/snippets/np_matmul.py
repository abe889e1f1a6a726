"""A product of two 512x512 matrices of float64, by BLAS."""

import numpy as np

random = np.random.default_rng(3)
a = random.random((512, 512))
b = random.random((512, 512))


def run():
    return round(float((a @ b)[100, 200]), 6)

"""A Fourier transform of 65536 points."""

import numpy as np

signal = np.random.default_rng(1).random(65_536)


def run():
    return round(float(abs(np.fft.fft(signal)[7])), 6)

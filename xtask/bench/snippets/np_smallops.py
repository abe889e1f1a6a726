"""Operations on ten numbers, twenty thousand times: what a call into numpy costs."""

import numpy as np


def run():
    ten = np.arange(10.0)
    total = 0.0
    for i in range(20_000):
        total += (ten + i)[3]
    return float(total)

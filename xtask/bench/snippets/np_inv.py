"""The inverse of a 200x200 matrix, by LAPACK."""

import numpy as np

matrix = np.random.default_rng(2).random((200, 200)) + 5 * np.eye(200)


def run():
    return round(float(np.linalg.inv(matrix)[3, 4]), 9)

"""What numpy does in a sandbox: cargo run --release -- run examples/numpy_demo.py"""

import sys
import time

import numpy as np

SHADES = " .:-=+*#%@"


def draw(values):
    """Prints a matrix as text, the largest values darkest."""
    levels = (values - values.min()) / np.ptp(values) * (len(SHADES) - 1)
    for row in levels.astype(int):
        print("".join(SHADES[level] for level in row).rstrip())


def mandelbrot(rows, columns, steps=60):
    """How long each point of the plane stays near, on a logarithmic scale."""
    y, x = np.ogrid[-1.15 : 1.15 : rows * 1j, -2.1 : 0.7 : columns * 1j]
    point = x + 1j * y
    z = np.zeros_like(point)
    stayed = np.zeros(point.shape)
    for _ in range(steps):
        near = np.abs(z) <= 2
        z[near] = z[near] ** 2 + point[near]
        stayed += near
    return np.log(stayed)


def heat(rows, columns, steps=400):
    """A plate with two warm spots and a cold rim, after some time."""
    plate = np.zeros((rows, columns))
    for _ in range(steps):
        plate[5:8, 12:18] = plate[11:13, 44:56] = 1
        plate[1:-1, 1:-1] = (
            plate[:-2, 1:-1] + plate[2:, 1:-1] + plate[1:-1, :-2] + plate[1:-1, 2:]
        ) / 4
    return np.sqrt(plate)


print(f"Python {sys.version.split()[0]} on {sys.platform}, numpy {np.__version__}\n")

print("The Mandelbrot set:")
draw(mandelbrot(21, 72))
print("\nHeat in a plate:")
draw(heat(18, 72))

random = np.random.default_rng(2026)
x = np.linspace(-3, 3, 500)
noisy = 0.5 * x**3 - 2 * x + 1 + random.normal(scale=0.5, size=x.size)
terms = np.vander(x, 4)
a, b, c, d = np.linalg.lstsq(terms, noisy)[0]
print("\nA cubic through 500 noisy points, by least squares:")
print(f"  {a:.2f} x^3 {b:+.2f} x^2 {c:+.2f} x {d:+.2f}, made as 0.5 x^3 - 2 x + 1")

chain = 2 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1)
print("Eigenvalues of a chain of six springs:")
print(" ", np.round(np.linalg.eigvalsh(chain), 4))

a, b = random.random((2, 512, 512))
times = []
for _ in range(5):
    start = time.perf_counter()
    a @ b
    times.append(time.perf_counter() - start)
print("A product of two 512x512 matrices:")
print(f"  {min(times) * 1000:.0f} ms, {2 * 512**3 / min(times) / 1e9:.1f} Gflop/s")

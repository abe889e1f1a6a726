import numpy as np
a = np.array([[1, 2], [3, 4]]); b = np.array([[5, 6], [7, 8]])
print(np.dot(a, b))
x = np.linspace(0, 2*np.pi, 100)
print(f"Max sin: {np.sin(x).max():.2f}")
rng = np.random.default_rng(42)
print(f"Mean: {rng.normal(0, 1, 1000).mean():.3f}")

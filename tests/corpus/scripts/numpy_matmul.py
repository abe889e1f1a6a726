# Products in all orders, types and strides, against what einsum and integers give.
import itertools
import numpy as np

rng = np.random.default_rng(1)
shapes = [(1, 1, 1), (2, 3, 4), (7, 5, 3), (16, 16, 16), (33, 17, 65), (64, 128, 8), (100, 1, 100), (1, 200, 1)]
views = {
    "C": lambda m: np.ascontiguousarray(m),
    "F": lambda m: np.asfortranarray(m),
    "T": lambda m: np.ascontiguousarray(m.T).T,
    "stepped": lambda m: np.repeat(np.repeat(m, 2, 0), 2, 1)[::2, ::2],
    "reversed": lambda m: np.ascontiguousarray(m[::-1, ::-1])[::-1, ::-1],
}
checked = 0
for kind in "float32", "float64", "complex64", "complex128", "int8", "int32", "int64", "uint16", "bool", "object":
    for m, k, n in shapes:
        a = rng.integers(0, 10, (m, k))
        b = rng.integers(0, 10, (k, n))
        exact = (a[:, :, None] * b[None]).sum(1)
        if kind.startswith("complex"):
            exact = exact * (1 + 2j) * (3 - 1j)
            a, b = a * (1 + 2j), b * (3 - 1j)
        expected = exact.astype(kind) if kind != "bool" else ((a != 0)[:, :, None] & (b != 0)[None]).any(1)
        for left, right in itertools.product(views, views):
            x, y = views[left](a.astype(kind)), views[right](b.astype(kind))
            assert np.array_equal(x @ y, expected), (kind, m, k, n, left, right)
            checked += 1
print(checked, "products agree")

a = np.arange(6.0).reshape(2, 3)
print(a @ a.T)
print(a.T @ a)
print(np.dot(a, [1, 2, 3]), np.dot([1, 2], a), np.vdot(a, a), np.inner(a, a).tolist())
print(np.matmul(np.ones((4, 2, 3)), np.ones((3, 5))).shape, np.tensordot(a, a, 2))
print(np.einsum("ij,kj->ik", a, a).tolist(), np.kron([1, 2], [3, 4]).tolist())
out = np.zeros((2, 2))
print(np.matmul(a, a.T, out=out) is out, out.sum())
print(np.isnan(np.array([[np.nan, 0]]) @ np.array([[0.0], [1]])))
print(np.empty((3, 0)) @ np.empty((0, 2)))
try:
    a @ a
except ValueError as error:
    print("ValueError:", error)

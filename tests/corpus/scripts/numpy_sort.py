import numpy as np

a = np.array([3, 1, 2, 3, -1, 0])
print(np.sort(a), np.argsort(a, kind="stable"), a.argmin(), a.argmax())
print(np.unique(a, return_counts=True))
print(np.searchsorted(np.sort(a), [0, 3], side="right"), np.partition(a, 2)[:2].sum())
print(np.lexsort(([1, 1, 0], [5, 4, 5])))
for kind in "quicksort", "mergesort", "heapsort", "stable":
    for dtype in "i1", "u2", "i4", "i8", "f2", "f4", "f8", "c16", "U3", "S4", "M8[s]", "O":
        values = np.random.default_rng(3).integers(0, 100, 3000)
        x = values.astype("i8").astype(dtype) if dtype[0] == "M" else values.astype(dtype)
        ordered = np.sort(x, kind=kind)
        assert (ordered[1:] >= ordered[:-1]).all(), (kind, dtype)
        assert (x[np.argsort(x, kind=kind)] == ordered).all(), (kind, dtype)
print(np.sort([np.nan, 1, -np.inf, np.inf]))
print(np.sort(np.array(["pear", "apple", "fig"])), np.sort([[3, 1], [2, 0]], axis=0).tolist())
print(np.isin([1, 2, 3], [2]), np.intersect1d([1, 2, 3], [3, 1]), np.median([5, 1, 9, 2]))

import io
import pickle
import numpy as np

a = np.arange(24).reshape(2, 3, 4)
print(a[1, ::2, [0, 3]], a[..., -1].tolist(), a[a % 7 == 0], a.strides[0] // a.itemsize)
print(a.sum(axis=(0, 2)), a.mean(), a.std().round(6), np.percentile(a, [25, 50]), a.T.shape)
print(np.concatenate([a, a], 1).shape, np.stack([a, a]).shape, np.split(np.arange(6), 3))
print(np.pad([1, 2], 1), np.roll([1, 2, 3], 1), np.tile([1, 2], 2), np.repeat([1, 2], 2), np.flip([1, 2]))
print(np.histogram([1, 2, 1, 3], bins=3)[0], np.bincount([0, 1, 1]), np.cumsum([1, 2, 3]), np.diff([1, 4, 9]))
print(np.interp(2.5, [1, 2, 3], [10, 20, 30]), np.polyfit([0, 1, 2], [1, 3, 5], 1).round(6), np.trapezoid([1, 2, 3]))
print(np.convolve([1, 2, 3], [0, 1, 0.5]), np.cross([1, 0, 0], [0, 1, 0]), np.meshgrid([1, 2], [3])[0])
print(np.polynomial.Polynomial([6, -5, 1]).roots(), np.corrcoef([1, 2, 3], [2, 4, 7]).round(6).tolist())
file = io.BytesIO()
np.savez_compressed(file, a=a, b=np.array(["x"]))
file.seek(0)
loaded = np.load(file)
print(sorted(loaded), (loaded["a"] == a).all(), (pickle.loads(pickle.dumps(a)) == a).all())
print(np.loadtxt(io.StringIO("1 2\n3 4")), np.genfromtxt(["1,,3"], delimiter=","))
m = np.ma.masked_invalid([1.0, np.nan, 3.0])
print(m, m.mean())
print(memoryview(np.arange(3, dtype="u1")).tobytes(), np.asarray(bytearray(b"ab")))
try:
    np.ones(3) + np.ones(4)
except ValueError as error:
    print("ValueError:", error)
try:
    np.ones(3)[5]
except IndexError as error:
    print("IndexError:", error)

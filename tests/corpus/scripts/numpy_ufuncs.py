import warnings
import numpy as np

x = np.arange(6.0)
out = np.full(6, -1.0)
print(np.sqrt(x, out=out, where=x % 2 == 0), np.add.reduce(x), np.multiply.accumulate(x[1:]))
print(np.add.outer([1, 2], [10, 20]).tolist(), np.maximum.reduceat(x, [0, 2, 4]))
np.add.at(out, [0, 0, 1], 5)
print(out)
print(np.broadcast_shapes((3, 1), (1, 4)), (np.ones((3, 1)) + np.arange(4)).shape)
print(np.frompyfunc(lambda a, b: f"{a}{b}", 2, 1)([1, 2], [3, 4]))
print(np.floor_divide([7, -7], 2), np.remainder([7, -7], 3), np.fmod([7, -7], 3), np.divmod(-7, 2))
print(np.bitwise_xor(5, 3), np.left_shift(1, 5), np.bitwise_count(255), np.gcd(12, 18))
print(np.isnan([np.nan, 1]), np.nan_to_num([np.inf, -np.inf, np.nan]), np.signbit(-0.0))
print(np.clip(x, 1, 3), np.where(x > 2, x, 0), np.select([x < 2, x < 4], [x, -x], 9))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(np.array([1, -1, 0]) // np.array([0, 0, 0]))
    print(np.array([1.0, -1, 0]) / 0.0)
    print(np.log(np.array([0.0, -1])), np.array([1e308]) * 10, np.sqrt(np.array([-1.0])))
    print(np.float32(1e38) * np.float32(10))
    print(np.array([3e9]).astype("f4") ** 10)
for warning in caught:
    print(warning.category.__name__, warning.message)
with np.errstate(all="raise"):
    for text in "np.array([1]) // 0", "np.array([1.0]) / 0", "np.exp(np.array([1e4]))", "np.array([0.0]) / 0":
        try:
            print(eval(text))
        except FloatingPointError as error:
            print("FloatingPointError:", error)
with np.errstate(divide="ignore"):
    print(np.array([1.0]) / 0)

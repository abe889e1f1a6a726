# `intp`, and with it the default integer, has 32 bits in a sandbox.
import numpy as np

for name in "int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 complex64 complex128 bool".split():
    dtype = np.dtype(name)
    x = np.array([0, 1, 2], dtype)
    print(name, dtype.itemsize, dtype.kind, x.sum(), (x + x).dtype, x.tolist())
print(np.arange(3).dtype, np.intp(0).itemsize, np.array([1.5]).dtype, np.array([2**40]).dtype)
print(np.iinfo("int64").max, np.finfo("float32").eps, np.finfo("float64").max)
print(np.result_type("int8", "uint8"), np.promote_types("f4", "i4"), np.can_cast("i8", "i4"))
print(np.array([1.9, -1.9]).astype(int), np.array([300]).astype("u1"), np.array("12").astype(int))
print(np.array([0.1], "f4") == 0.1, np.float16(65504) * np.float16(1))
try:
    np.array([1], "u1") + 300
except OverflowError as error:
    print("OverflowError:", error)
print(np.frombuffer(b"\x01\x02\x03\x04", ">u2"), np.array([1, 2], "<u2").tobytes())
print(np.zeros(2, "V3"), np.array([b"ab", b"c"]), np.array(["ä", "日本"]).dtype)
print(np.longdouble(1).nbytes, np.dtype("g"))

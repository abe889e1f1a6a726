import numpy as np

np.set_printoptions(precision=6, suppress=True)
x = np.array([1.0, 2, 1, -1, 1.5, 1, 0, 2])
print(np.fft.fft(x) + 0.0)
print(np.fft.rfft(x) + 0.0)
for n in 1, 2, 3, 5, 7, 8, 11, 13, 16, 30, 101, 128, 1000, 1021:
    rng = np.random.default_rng(n)
    y = rng.standard_normal(n) + 1j * rng.standard_normal(n)
    assert np.allclose(np.fft.ifft(np.fft.fft(y)), y), n
    assert np.allclose(np.fft.irfft(np.fft.rfft(y.real), n), y.real), n
print(np.fft.fftfreq(8, 0.1), np.fft.fftshift(np.arange(5)))
print(np.allclose(np.fft.ifft2(np.fft.fft2(np.eye(6))), np.eye(6)))
print(np.fft.fft(x.astype(np.float32)).dtype)

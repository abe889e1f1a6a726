import random
import numpy as np

rng = np.random.default_rng(12345)
print(rng.random(3), rng.integers(0, 100, 5), rng.standard_normal(2))
print(rng.choice(["a", "b", "c"], 4), rng.permutation(6), rng.poisson(3, 4), rng.binomial(10, 0.5, 4))
print(rng.gamma(2.0, size=2), rng.exponential(size=2), rng.multivariate_normal([0, 0], np.eye(2)).round(6))
for bits in np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM:
    print(bits.__name__, np.random.Generator(bits(7)).integers(0, 2**62, 2))
np.random.seed(0)
print(np.random.rand(2), np.random.randn(2), np.random.randint(0, 10, 3))
print(np.random.RandomState(1).shuffle(x := [1, 2, 3, 4]), x)
print([s.generate_state(1)[0].item() for s in np.random.SeedSequence(3).spawn(2)])
random.seed(1)
print(random.random(), random.sample(range(100), 3))
# Without a seed no two draws are alike.
print(np.random.default_rng().integers(2**62) != np.random.default_rng().integers(2**62))

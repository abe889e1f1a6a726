# numpy, with its files.
import numpy

numpy.save("/tmp/a.npy", numpy.arange(10.0))
print(numpy.load("/tmp/a.npy").sum(), numpy.load("/tmp/a.npy")[3])
numpy.random.seed(1)
print(numpy.random.rand() == numpy.random.rand(), numpy.random.default_rng().random() < 1)

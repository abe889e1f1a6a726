# An object that numpy asks what it is, which never says.
# ends: exception RecursionError | limit WallTime
import numpy


class Endless:
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return Endless()

    def __array__(self, dtype=None, copy=None):
        return numpy.array([self, Endless()])


numpy.array(Endless())

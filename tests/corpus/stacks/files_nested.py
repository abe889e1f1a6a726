# ends: exception RecursionError
import io


class Endless(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, buffer):
        return io.BufferedReader(self).read(1)


io.BufferedReader(Endless()).read(1)

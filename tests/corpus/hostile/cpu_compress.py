# Compresses noise as well as it can be done, in one call.
# ends: limit WallTime
import os
import zlib

zlib.compress(os.urandom(4096) * 20_000, 9)

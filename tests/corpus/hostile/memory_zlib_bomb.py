# Some hundred kilobytes that unpack to more than there may be.
# ends: limit Memory
import zlib

packer = zlib.compressobj(9, wbits=-15)
block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
assert len(block) < 1100
zlib.decompress(block * 400 + packer.flush(), wbits=-15)

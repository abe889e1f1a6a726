# A zip file that says its member has a thousand bytes, where it has four hundred million.
# ends: exception zipfile.BadZipFile | limit Memory
import io
import struct
import zipfile
import zlib

packer = zlib.compressobj(9, wbits=-15)
block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
packed = block * 400 + packer.flush()
entry = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), 1000, 1, 0)
local = b"PK\x03\x04" + entry + b"m" + packed
central = b"PK\x01\x02\x14\x00" + entry + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"m"
end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
zipfile.ZipFile(io.BytesIO(local + central + end)).read("m")

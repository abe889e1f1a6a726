# Five bytes that ask for a table of two thousand million entries.
# ends: exception MemoryError | limit Memory
import pickle

pickle.loads(b"Nr\xf0\xff\xff\x7f.")

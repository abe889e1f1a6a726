# Reading needs no stack but the pickle's own; then what was read is freed.
# ends: done | trap stack
import pickle

value = pickle.loads(b"(" * 500_000 + b"t" * 500_000 + b".")
assert type(value) is tuple
del value

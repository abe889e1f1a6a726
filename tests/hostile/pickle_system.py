# A pickle that runs a command.
# expect: exception AttributeError
import pickle

pickle.loads(b"cposix\nsystem\n(S'id'\ntR.")

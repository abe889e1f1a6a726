# ends: exception RecursionError
import pickle


class Endless:
    def __reduce__(self):
        return Endless, (), {"a": Endless()}


pickle.dumps(Endless())

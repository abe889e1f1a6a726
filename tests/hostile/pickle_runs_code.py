# A pickle that is a program without end.
# expect: limit WallTime
import pickle


class Endless:
    def __reduce__(self):
        return exec, ("while True: pass",)


pickle.loads(pickle.dumps(Endless()))

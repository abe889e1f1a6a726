# Objects that save themselves whenever they are found to be garbage, each with new garbage.
# ends: limit WallTime | limit Memory
import gc

saved = []


class Undead:
    def __init__(self):
        self.me = self

    def __del__(self):
        saved.append(self)
        Undead()


Undead()
while True:
    gc.collect()
    saved.clear()

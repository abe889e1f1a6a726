# Each refusal happens in a destructor, where an exception is only written to stderr.
# ends: limit WallTime | limit OutputBytes
# limits: memory=64MiB


class Greedy:
    def __del__(self):
        bytearray(1_000_000_000)


while True:
    Greedy()

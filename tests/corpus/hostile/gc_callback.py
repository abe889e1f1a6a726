# A callback of the collector that never ends.
# ends: limit WallTime
import gc


def forever(phase, information):
    while True:
        pass


gc.callbacks.append(forever)
gc.collect()

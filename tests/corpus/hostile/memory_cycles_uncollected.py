# Garbage in cycles, with the collector switched off.
# ends: limit Memory
import gc

gc.disable()
while True:
    cycle = [None] * 10_000
    cycle.append(cycle)

# Waits for an event that nobody will ever set, for thirty years at most.
# ends: limit WallTime
import threading

while True:
    threading.Event().wait(1_000_000_000)

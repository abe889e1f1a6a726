# Aborts, as a process does that finds itself broken.
# ends: trap
import os

try:
    os.abort()
finally:
    while True:
        pass

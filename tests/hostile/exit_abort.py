# Ends as a process does that has found itself broken.
# expect: trap
import os

try:
    os.abort()
finally:
    while True:
        pass

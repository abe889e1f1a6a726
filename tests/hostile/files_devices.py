# Devices: without end, without room, and none that are the host's.
# expect: done
# stdout: ['null', 'random', 'urandom', 'zero']
import os

print(sorted(os.listdir("/dev")))

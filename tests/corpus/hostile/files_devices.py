# Opens devices: some have no end, some have no room, none is the host's.
import os

print(sorted(os.listdir("/dev")))

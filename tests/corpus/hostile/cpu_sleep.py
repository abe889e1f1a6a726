# Sleeps for thirty years.
# ends: limit WallTime
import time

time.sleep(1_000_000_000)

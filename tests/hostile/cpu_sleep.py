# Sleeps for thirty years.
# expect: limit WallTime
import time

time.sleep(1_000_000_000)

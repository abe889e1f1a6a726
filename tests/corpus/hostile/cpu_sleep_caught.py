# Sleeps again whenever it is woken, and polls with no time at all between.
# ends: limit WallTime
import select
import time

while True:
    try:
        time.sleep(0.001)
        select.select([], [], [], 0)
    except BaseException:
        pass

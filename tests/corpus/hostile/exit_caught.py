# Ends again and again, and stays.
# ends: limit WallTime
import sys

while True:
    try:
        sys.exit(3)
    except SystemExit:
        pass

# Ends again and again, and stays.
# expect: limit WallTime
import sys

while True:
    try:
        sys.exit(3)
    except SystemExit:
        pass

# ends: exit 3
import sys

print("out")
try:
    sys.exit(3)
finally:
    print("finally")

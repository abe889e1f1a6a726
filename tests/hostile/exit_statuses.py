# A status that no exit can have.
# expect: exit -1
import sys

sys.exit(10**100)

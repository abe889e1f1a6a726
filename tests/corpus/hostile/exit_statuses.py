# An exit status that no process can have.
# ends: exit -1
import sys

sys.exit(10**100)

import os
import sys

print("flushed", flush=True)
print("never flushed, so lost as in any Python", end="")
os._exit(0)

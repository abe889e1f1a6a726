# ends: trap unreachable
import os

print("before", flush=True)
os.abort()

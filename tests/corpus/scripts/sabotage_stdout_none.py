# ends: exception ValueError
import sys

print("before")
sys.stdout = None
print("to nobody")
raise ValueError("still told")

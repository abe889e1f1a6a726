# ends: exception ValueError
import sys

print("before")
sys.modules.clear()
raise ValueError("still told")

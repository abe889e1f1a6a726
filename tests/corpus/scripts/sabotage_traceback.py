# ends: exception ValueError
import sys

sys.modules["traceback"] = None
sys.modules["linecache"] = None
raise ValueError("still told")

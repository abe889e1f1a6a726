# ends: exception ValueError
import sys
import threading

sys.excepthook = sys.unraisablehook = lambda *_: 1 / 0
sys.settrace(lambda *_: 1 / 0) if False else None
raise ValueError("still told")

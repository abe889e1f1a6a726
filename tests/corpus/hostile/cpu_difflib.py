# A comparison that is cubic in the worst case, in Python's own library.
# ends: limit WallTime
import difflib

difflib.SequenceMatcher(None, "ab" * 2000, "ba" * 2000, autojunk=False).ratio()

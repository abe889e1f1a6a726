# A range of all letters, without regard to case: each is looked at when it is compiled, in Python.
# ends: limit WallTime
import re

re.compile("[" + "".join(f"\\U{n:08x}-\\U0010ffff" for n in range(100)) + "]", re.IGNORECASE)

# ends: exception RecursionError
import re

re.compile("(?:" * 100_000 + "a" + ")*" * 100_000)

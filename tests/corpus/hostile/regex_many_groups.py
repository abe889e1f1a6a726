# Half a million groups, and a match that saves all of them at every step.
# ends: limit WallTime | limit Memory
import re

pattern = re.compile("(?:" + "(a?)" * 20_000 + ")*b")
pattern.match("a" * 100_000)

# The same, for exceptions within exceptions, deeper than any stack of the host's.
# expect: any
import sys

names = sys._getframe().f_back.f_globals
names["_raised"] = lambda error: ["raised", '{"exceptions":[' * 500_000 + "{}" + "]}" * 500_000]
1 / 0

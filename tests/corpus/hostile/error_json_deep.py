# A report of exceptions within exceptions, nested deeper than any stack of the host.
# ends: any
import sys

names = sys._getframe().f_back.f_globals
names["_raised"] = lambda error: ["raised", '{"exceptions":[' * 500_000 + "{}" + "]}" * 500_000]
1 / 0

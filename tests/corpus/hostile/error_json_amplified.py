# An exception group of five million exceptions: each is three bytes of JSON, and far more in the host.
# ends: any
import sys

names = sys._getframe().f_back.f_globals
names["_raised"] = lambda error: ["raised", '{"exceptions":[' + "{}," * 5_000_000 + "{}]}"]
1 / 0

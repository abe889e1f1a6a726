# What is told of an exception is three bytes for each of five million others, which take far more in the host.
# expect: any
import sys

names = sys._getframe().f_back.f_globals
names["_raised"] = lambda error: ["raised", '{"exceptions":[' + "{}," * 5_000_000 + "{}]}"]
1 / 0

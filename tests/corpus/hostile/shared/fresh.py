# Runs after each case: has a fresh interpreter and a fresh system.
import gc, os, re, sys

assert os.listdir("/tmp") == [] and os.getcwd() == "/tmp", os.listdir("/tmp")
assert list(os.environ) == ["HOME"], os.environ
assert sys.getrecursionlimit() == 1000 and sys.gettrace() is None and sys.getprofile() is None
assert gc.isenabled() and not gc.callbacks and gc.get_threshold()[0] > 1
assert [type(value) for value in (1, "a", [], {}, ())] == [int, str, list, dict, tuple]
assert re.sub("b+", "c", "abba") == "aca" and len({1: 2}) == 1 and repr(range(3)) == "range(0, 3)"
try:
    raise ValueError("x")
except ValueError as error:
    assert repr(error) == "ValueError('x')"
import numpy

assert numpy.ones((3, 3)).sum() == 9
print(echo({"fresh": [True]}))

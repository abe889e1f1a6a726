# A list of lists of lists, each ten times the same: small until something walks through it.
# ends: limit WallTime | limit Memory
import pickle

data = b"(lp0\n0"
for number in range(30):
    data += b"(l" + b"g%d\na" % number * 10 + b"p%d\n0" % (number + 1)
value = pickle.loads(data + b"g30\n.")
str(value)

# A megabyte of zeros in a list, each of which takes far more in the host, in as many calls as may be under way.
# ends: any
# limits: host_calls=100 wall=5s
names = echo.__globals__
for _ in range(100):
    names["host_begin"](0, "[[[" + "0," * 520_000 + "0]],{}]")

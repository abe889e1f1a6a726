# A chain of comparisons is as flat as a list.
assert eval("1" + "<=1" * 100_000)

# A frozen set is hashed when the next is made of it.
value = frozenset()
for _ in range(100_000):
    value = frozenset([value])
hash(value)

# expect: trap
# Hashing a tuple does not look at how deep it is.
value = ()
for _ in range(1_000_000):
    value = (value,)
hash(value)

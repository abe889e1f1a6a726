# Hashing a tuple does not look at how deep it is.
# ends: trap stack
value = ()
for _ in range(1_000_000):
    value = (value,)
hash(value)

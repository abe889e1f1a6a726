# ends: trap stack
value = list
for _ in range(1_000_000):
    value = list[value]
hash(value)

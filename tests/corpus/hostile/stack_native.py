# Deletes a chain of iterators, which uses the native stack and looks at no limit.
# ends: trap
value = iter([])
for _ in range(2_000_000):
    value = enumerate(value)
del value

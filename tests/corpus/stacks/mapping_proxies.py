# ends: trap stack
import types

value = {}
for _ in range(1_000_000):
    value = types.MappingProxyType(value)
len(value)

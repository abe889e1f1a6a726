# Computes for ever, where instructions are counted.
# expect: limit Fuel
# limits: fuel=10000000 wall=60s
while True:
    pass

# Computes for ever, where only computing is limited.
# ends: limit CpuTime
# limits: cpu=50ms wall=60s
while True:
    pass

# Collects what the host makes.
# ends: limit Memory | limit HostCallBytes
# limits: memory=64MiB host_calls=100000
kept = []
while True:
    kept.append(big(100_000))

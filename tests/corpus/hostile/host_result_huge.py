# Has the host return a result that is larger than the sandbox.
# ends: limit Memory | limit HostCallBytes
# limits: memory=64MiB
big(200_000_000)

# Has the host make something that is larger than the sandbox.
# expect: limit Memory | limit HostCallBytes
# limits: memory=64MiB
big(200_000_000)

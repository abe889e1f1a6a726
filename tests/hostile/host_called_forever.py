# Calls the host for ever.
# expect: limit HostCalls
# limits: host_calls=100
while True:
    echo(None)

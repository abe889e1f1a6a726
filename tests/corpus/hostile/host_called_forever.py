# Calls the host for ever.
# ends: limit HostCalls
# limits: host_calls=100
while True:
    echo(None)

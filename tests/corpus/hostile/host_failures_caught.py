# Calls what fails, catches it, and calls again.
# ends: limit HostCalls
# limits: host_calls=100
while True:
    try:
        fail("x")
    except BaseException:
        pass

# Calls what fails, catches it, and calls again.
# expect: limit HostCalls
# limits: host_calls=100
while True:
    try:
        fail("x")
    except BaseException:
        pass

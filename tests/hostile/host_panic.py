# The function of the host's panics; the program would go on.
# expect: host panic
while True:
    try:
        panic()
    except BaseException:
        pass

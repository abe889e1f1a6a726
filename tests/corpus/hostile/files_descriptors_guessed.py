# Uses descriptors that it never opened: one of the host's might be among them.
import os

found = []
for number in [*range(3, 2000), 2**31 - 1, -1, -100]:
    try:
        found.append((number, os.fstat(number), os.read(number, 10)))
    except OSError:
        pass
print(found)

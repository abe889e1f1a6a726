# Reads address 0, which is memory like any other here; then writes tracebacks to descriptors that are not there.
import faulthandler

faulthandler._read_null()
for number in (0, 3, 77, 2**31 - 1):
    try:
        faulthandler.dump_traceback(number)
    except (OSError, ValueError, OverflowError):
        pass
print("alive")

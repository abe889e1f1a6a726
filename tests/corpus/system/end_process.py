# An exit status, and what was printed until then.
# ends: exit 7
import os

print("before", flush=True)
os._exit(7)

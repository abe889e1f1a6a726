# An exit status, and what was printed until then.
import os

print("before", flush=True)
os._exit(7)

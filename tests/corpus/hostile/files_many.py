# Files without content, with long names.
# ends: exception OSError | exception MemoryError | limit Memory
# limits: memory=64MiB
number = 0
while True:
    number += 1
    open(f"/tmp/{number:0250}", "x").close()

# A list grows for ever.
# ends: limit Memory
# compare: stdout
kept = []
while True:
    kept.append([None] * 1000)

# A list grows for ever.
# expect: limit Memory
kept = []
while True:
    kept.append([None] * 1000)

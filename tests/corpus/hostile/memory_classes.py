# Classes that stay in the list of their base's heirs, with long names that are interned.
# ends: limit Memory | limit WallTime
kept = []
number = 0
while True:
    number += 1
    name = f"Class{number:0100000}"
    kept.append(type(name, (), {name: number}))

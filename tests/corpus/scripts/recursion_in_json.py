import json

for text in "[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 20_000:
    try:
        json.loads(text)
    except (RecursionError, json.JSONDecodeError) as error:
        print(type(error).__name__)
value = []
for _ in range(100_000):
    value = [value]
try:
    json.dumps(value)
except RecursionError as error:
    print(type(error).__name__)
del value
print("still here")

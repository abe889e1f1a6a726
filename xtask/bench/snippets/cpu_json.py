"""A list of small records to JSON and back."""

import json


def run():
    records = [
        {"id": i, "name": f"user {i}", "tags": ["a", "b"], "score": i * 1.25, "old": i % 3 == 0}
        for i in range(2_000)
    ]
    size = 0
    for _ in range(8):
        text = json.dumps(records)
        size += len(text) + len(json.loads(text))
    return size

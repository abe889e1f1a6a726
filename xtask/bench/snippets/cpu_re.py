"""Regular expressions over the lines of a log."""

import re


def run():
    log = "".join(
        f"2026-{i % 12 + 1:02}-{i % 28 + 1:02} user{i}@example{i % 7}.net GET /page/{i}?q={i * i} 200\n"
        for i in range(3_000)
    )
    found = 0
    for _ in range(3):
        found += len(re.findall(r"(\d{4})-(\d{2})-(\d{2})", log))
        found += len(re.findall(r"[\w.]+@[\w.]+\.net", log))
        found += len(re.sub(r"q=(\d+)", lambda match: "q=" + match[1][::-1], log))
        found += sum(1 for _ in re.finditer(r"^(\S+) (\S+) GET ([^ ?]+)\?(\S*) (\d{3})$", log, re.M))
    return found

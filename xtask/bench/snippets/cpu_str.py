"""Joining, splitting, searching and counting words."""


def run():
    total = 0
    for i in range(50):
        words = [f"word{i * j % 1_009}" for j in range(3_000)]
        text = " ".join(words)
        total += len(text.upper().replace("WORD", "w").split("w"))
        total += text.count("word1") + text.find("word1008")
        counts = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        total += len("".join(sorted(counts))) + len(text.encode().decode()[::-1])
    return total

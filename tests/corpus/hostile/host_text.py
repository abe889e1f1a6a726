# Zeros, letters of every length, and words that mean something elsewhere come back as they were.
texts = ["", "\0", "a\0b", "\x7f\x80\xff", "\u2028\u2029", "\U0010ffff", "\ufffe", "\\u0000", '"', "}]"]
texts += ["NaN", "null", "$ref", "__proto__", "\r\n\x1b[2J", "%s%n", "../../etc/passwd", "'; drop table--"]
print(all(echo(text) == text for text in texts) and echo(texts) == texts)

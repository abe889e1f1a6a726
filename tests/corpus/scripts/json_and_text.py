import decimal
import json
import re
import textwrap
import unicodedata
from fractions import Fraction

print(json.dumps({"b": [1, 2.5, None, True], "a": "ü\u2028"}, sort_keys=True), json.loads('{"x": [1e3, -0]}'))
try:
    json.loads('{"x": }')
except json.JSONDecodeError as error:
    print(error)
print(re.findall(r"(?P<word>\w+)@(\w+)", "ann@home, bob@work"), re.sub(r"(?<=a)b+", "-", "abbb ab b"))
print(re.fullmatch(r"\d{4}-\d\d", "2024-05"), re.split(r"[,;]\s*", "a, b;c"))
decimal.getcontext().prec = 40
print(decimal.Decimal(1) / 7, decimal.Decimal("0.1") + decimal.Decimal("0.2"), Fraction(1, 3) + Fraction(1, 6))
print(unicodedata.name("☃"), unicodedata.normalize("NFD", "é").encode(), "straße".upper(), "ﬁ".casefold())
print("🎉 日本語 العربية עברית \N{GREEK SMALL LETTER ALPHA}", len("👨‍👩‍👧"), "\U0010ffff".encode())
print(f"{3.14159:>10.2f}|{255:#x}|{1_000_000:,}|{'x':^5}|{0.1 + 0.2!r}|{1e22}")
print(textwrap.fill("the quick brown fox", 10))
print(2**200, -7 // 2, round(2.5), 10**20 % 97, int("ff", 16), complex(1, -1) ** 2)
name = "ünïcödé"
print({name: len(name)}, sorted("zäa"), "%s %05d" % ("a", 42))

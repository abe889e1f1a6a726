# Names of encodings that are paths, other modules, or very long.
import codecs

open("/tmp/evil.py", "w").write("raise SystemExit('evil')")
came = set()
for name in ("../evil", "/tmp/evil", "..evil", "os", "a.b", "x" * 1_000_000, "\N{SNOWMAN}", "", "__init__"):
    for use in (codecs.lookup, "x".encode, b"x".decode, lambda name: open("/dev/null", encoding=name)):
        try:
            use(name)
            came.add("no error")
        except LookupError:
            came.add("LookupError")
print(*sorted(came))

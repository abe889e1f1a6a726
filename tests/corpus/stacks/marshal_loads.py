# ends: exception ValueError
import marshal

marshal.loads(b"(\1\0\0\0" * 100_000 + b"N")

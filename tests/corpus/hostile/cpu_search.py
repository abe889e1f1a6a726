# One search backwards that compares nearly all of the pattern at each place.
# ends: limit WallTime
text = b"a" * 4_000_000
text.rfind(b"ab" + b"a" * 2_000_000)

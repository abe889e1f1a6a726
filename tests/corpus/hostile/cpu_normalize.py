# Combining marks in the worst order: normalising sorts them by insertion.
# ends: limit WallTime
import unicodedata

unicodedata.normalize("NFC", "a" + "\u0301\u0327" * 500_000)

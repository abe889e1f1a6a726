# A width in a format asks for gigabytes of blanks.
# ends: exception MemoryError | limit Memory
text = "%*d" % (2**31 - 100, 1)

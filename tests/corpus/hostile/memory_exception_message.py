# An exception whose message is as large as memory allows: it would be copied again and again on its way out.
# ends: exception ValueError | limit Memory | limit ResultBytes
raise ValueError("x" * 60_000_000)

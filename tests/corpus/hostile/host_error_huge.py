# An error whose message is large, and has letters that end texts and lines elsewhere.
message = "\0\r\n\x1b[2J" * 20_000
try:
    fail(message)
except Exception as error:
    print(type(error).__name__, message in str(error))

# A string that is joined to itself.
# expect: limit Memory
text = "\N{SNOWMAN}"
while True:
    text += text

# A string that is joined to itself.
# ends: limit Memory
text = "\N{SNOWMAN}"
while True:
    text += text

# Half a letter, which no UTF-8 can hold: the host gets something that it can.
print(ascii(echo("\ud800")))
print(ascii(echo({"\udfff": "\udc00\udc00"})))

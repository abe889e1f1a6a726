# no line end at the end
print("last")
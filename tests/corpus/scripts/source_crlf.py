print("dos")
if True:
    print("line ends")

import sys

print("out")
sys.exit("something is wrong: ü")

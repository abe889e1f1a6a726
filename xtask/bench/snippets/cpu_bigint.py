"""Integers of thousands of digits: products, remainders, conversion to text."""


def run():
    power = 7**12_000
    total = 0
    for i in range(24):
        total += power * (power + i) % 998_244_353
    factorial = 1
    for i in range(2, 2_400):
        factorial *= i
    return total + len(hex(factorial)) + len(str(7**4_000))

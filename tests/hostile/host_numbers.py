# Numbers that JSON, or 64 bits, cannot hold: what comes back is the same, or nothing, or an error.
# expect: done
# stdout: x
for number in (2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), 10**400, 1e308, -0.0, 5e-324):
    try:
        print(echo(number) == number, end=" ")
    except Exception as error:
        print(type(error).__name__, end=" ")
for number in (float("nan"), float("inf"), -float("inf")):
    print(echo(number), end=" ")
print(echo(True), echo(None))

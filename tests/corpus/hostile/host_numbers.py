# Numbers that JSON, or 64 bits, cannot hold: what comes back is the same, or nothing, or an error.
came = []
for number in (2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**63), 10**400, 1e308, -0.0, 5e-324):
    try:
        came.append(echo(number) == number)
    except Exception as error:
        came.append(type(error).__name__)
for number in (float("nan"), float("inf"), -float("inf")):
    came.append(echo(number))
print(*came, echo(True), echo(None))

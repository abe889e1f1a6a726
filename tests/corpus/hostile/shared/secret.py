# Runs before each case: keeps a secret in its memory in every way there is. The letters are shifted,
# so that the source itself does not hold the secret.
import os

secret = bytes(letter - 1 for letter in b"Tfdsfu!Pg!Bopuifs!Svo") * 3
kept = [bytearray(secret) for _ in range(1000)] + [secret.decode() + str(n) for n in range(1000)]
large = secret * 50_000
os.environ["SECRET"] = secret.decode()
open("/tmp/secret", "wb").write(large)
print(len(kept))

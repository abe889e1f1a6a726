# Has Python itself print: a warning for every one that is counted.
# expect: limit OutputBytes
import warnings

warnings.simplefilter("always")
while True:
    warnings.warn("x" * 1000)

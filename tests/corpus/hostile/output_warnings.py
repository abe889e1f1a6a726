# Has Python itself print: a warning for every one that is counted.
# ends: limit OutputBytes
# compare: stdout
import warnings

warnings.simplefilter("always")
while True:
    warnings.warn("x" * 1000)

# What the sandbox keeps from the collector is given back to it, with a collection at every allocation.
import gc

gc.unfreeze()
gc.set_threshold(1, 1, 1)
gc.collect()
words = [[number] for number in range(10)]
gc.collect()
print(sum(word[0] for word in words))

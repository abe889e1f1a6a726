# A code object that claims a stack of eight gigabytes, a size that overflows 32 bits.
# ends: any
def victim():
    pass


victim.__code__ = victim.__code__.replace(co_stacksize=2**31 - 1)
victim()

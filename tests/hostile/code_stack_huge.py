# A function that says it needs a stack of eight gigabytes, which is little or nothing in 32 bits.
# expect: any
def victim():
    pass


victim.__code__ = victim.__code__.replace(co_stacksize=2**31 - 1)
victim()

# Takes more from its stack than there ever was: what is below is the frame itself, and those of its callers.
# ends: any
import dis


def victim():
    pass


code = [dis.opmap["RESUME"], 0] + [dis.opmap["POP_TOP"], 0] * 5000 + [dis.opmap["RETURN_VALUE"], 0]
victim.__code__ = victim.__code__.replace(co_code=bytes(code), co_stacksize=0)
victim()

# Puts a hundred thousand values on a stack that has room for one.
# ends: any
import dis


def victim():
    pass


code = [dis.opmap["RESUME"], 0] + [dis.opmap["LOAD_SMALL_INT"], 7] * 100_000 + [dis.opmap["RETURN_VALUE"], 0]
victim.__code__ = victim.__code__.replace(co_code=bytes(code), co_stacksize=1)
victim()

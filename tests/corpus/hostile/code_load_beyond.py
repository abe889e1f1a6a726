# Bytecode that loads a constant, a name and a local beyond the end of their tables.
# ends: any
def victim(a):
    return a


import dis

for name, number in (("LOAD_CONST", 255), ("LOAD_FAST", 250), ("LOAD_NAME", 200), ("LOAD_DEREF", 255)):
    code = bytes([dis.opmap["RESUME"], 0, dis.opmap[name], number, dis.opmap["RETURN_VALUE"], 0])
    victim.__code__ = victim.__code__.replace(co_code=code)
    repr(victim(1))

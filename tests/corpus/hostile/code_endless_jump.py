# Bytecode that jumps to itself and never checks for interrupts.
# ends: limit WallTime
import dis


def forever():
    pass


jump = dis.opmap["JUMP_BACKWARD_NO_INTERRUPT"]
forever.__code__ = forever.__code__.replace(co_code=bytes([dis.opmap["RESUME"], 0, jump, 1, jump, 1]))
forever()

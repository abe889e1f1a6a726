# Compiles the standard library of the sandbox in which this program runs. Prints a tar archive of the
# bytecode, with paths relative to the library.

import importlib.util
import io
import marshal
import os
import sys
import tarfile
from types import CodeType

LIBRARY = "/python"
# The header of PEP 552 for hash-based bytecode that Python does not check on import: in a sandbox,
# neither the source nor the bytecode can change.
HEADER = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")


def bytecode(path):
    with open(path, "rb") as file:
        source = file.read()
    code = compile(source, path, "exec", dont_inherit=True)
    return HEADER + importlib.util.source_hash(source) + marshal.dumps(normalised(code))


def normalised(code):
    """Returns code that marshals to the same bytes whatever other strings are interned.

    The body of a class holds its qualified name twice, and the compiler interns one of the two. They
    become two objects if an equal string is interned already, and one object otherwise.
    """
    name = code.co_qualname
    constants = []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            constant = normalised(constant)
        elif isinstance(constant, str) and constant == name:
            constant = name
        constants.append(constant)
    return code.replace(co_consts=tuple(constants))


with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    for directory, _, names in os.walk(LIBRARY):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(directory, name)
                compiled = bytecode(path)
                path = importlib.util.cache_from_source(path)
                member = tarfile.TarInfo(os.path.relpath(path, LIBRARY))
                member.size = len(compiled)
                archive.addfile(member, io.BytesIO(compiled))

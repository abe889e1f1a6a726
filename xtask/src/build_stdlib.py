# Compiles the standard library of the sandbox that it runs in. Writes a tar archive of the bytecode
# to stdout; its paths are relative to the library.

import importlib.util
import os
import py_compile
import sys
import tarfile

LIBRARY = "/python"
COMPILED = "/tmp/compiled.pyc"

with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    for folder, _, names in os.walk(LIBRARY):
        for name in names:
            if not name.endswith(".py"):
                continue
            source = os.path.join(folder, name)
            # Bytecode that Python takes as it is: neither times nor sources are compared when it is
            # imported, for nobody can change either.
            py_compile.compile(
                source,
                COMPILED,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            path = importlib.util.cache_from_source(source)
            archive.add(COMPILED, os.path.relpath(path, LIBRARY))

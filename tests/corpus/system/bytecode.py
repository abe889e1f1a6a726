# The standard library has bytecode beside each of its modules, and Python takes it as it is.

import importlib.machinery
import importlib.util
import inspect
import os
import traceback

print("# as PEP 552 has it: of this Python, known by its source, which is not compared")
MAGIC = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
sources, compiled = set(), set()
for folder, _, names in os.walk("/python"):
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".py"):
            sources.add(path)
        elif name.endswith(".pyc"):
            compiled.add(path)


def is_valid(source, bytecode):
    with open(source, "rb") as file:
        digest = importlib.util.source_hash(file.read())
    with open(bytecode, "rb") as file:
        return file.read(16) == MAGIC + digest


pairs = {source: importlib.util.cache_from_source(source) for source in sources}
print(len(sources) > 600)
print("without", sorted(source for source in sources if pairs[source] not in compiled))
print("of nothing", sorted(compiled - set(pairs.values())))
print("stale", sorted(source for source in sources if not is_valid(source, pairs[source])))

print("# nothing is compiled when it is imported")


def refuse(self, data, path, **_):
    raise ImportError(f"{path} is compiled")


importlib.machinery.SourceFileLoader.source_to_code = refuse
import asyncio
import sqlite3
import xml.dom.minidom

print(asyncio.__cached__)
print(asyncio.run.__code__.co_filename)

print("# and the sources are still there to be shown")
print(inspect.getsource(asyncio.iscoroutine).splitlines()[0])
try:
    asyncio.run(None)
except TypeError as error:
    print(*traceback.format_exception(error)[2:], sep="", end="")

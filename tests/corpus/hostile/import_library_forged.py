# Native libraries that nobody linked: an ELF file, a WebAssembly module, and noise.
import importlib.machinery
import importlib.util
import os
import sys

came = set()
heads = [b"\x7fELF\x02\x01\x01", b"\0asm\x01\0\0\0\0\x0f\x08dylink.0", b"MZ", b"\xca\xfe\xba\xbe", b""]
for number, head in enumerate(heads):
    for folder in ("/tmp", "/tmp/../tmp", "/dev/../tmp"):
        path = f"{folder}/evil{number}.cpython-314-wasm32-wasi.so"
        open(path, "wb").write(head + os.urandom(100))
        for name in (f"evil{number}", "sys", "x" * 100_000, "a.b.c", "\N{SNOWMAN}"):
            loader = importlib.machinery.ExtensionFileLoader(name, path)
            spec = importlib.util.spec_from_file_location(name, path, loader=loader)
            try:
                importlib.util.module_from_spec(spec)
                came.add("no error")
            except Exception as error:
                came.add(type(error).__name__)
print(sorted(came))

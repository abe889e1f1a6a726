"""The driver: the Python code through which the guest library runs programs.

From the top down; no module imports one above it.

- `load` loads the others. The guest library runs it when Python has started.
- `warm_up` is what the driver does before a snapshot; `reseed` replaces frozen seeds after it.
- `preimport` and `configure` prepare what programs find.
- `startup` fits Python's own modules to a sandbox.
- `execute` runs a program.
- `host_calls` calls the host; `source_lines` knows the lines of programs.
- `values` and `exceptions` describe these to the host; `text` is what its strings can hold.
- `native` has the functions that are written in Rust.

In a sandbox they are in no `sys.modules`. The tests import them as a package.
"""

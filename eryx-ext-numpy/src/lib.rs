//! numpy for eryx sandboxes.
//!
//! Most programs need only the feature `numpy` of the crate `eryx`: with it, `import numpy` works in
//! every sandbox with the embedded runtime. That feature depends on this crate, whose constant can also
//! be passed to `SandboxBuilder::with_extension`:
//!
//! ```
//! use eryx_ext_numpy::EXTENSION;
//!
//! assert_eq!(EXTENSION.name, "numpy");
//! assert_eq!(EXTENSION.abi, eryx_extension::ABI);
//! ```
//!
//! [`EXTENSION`] contains numpy's native libraries, compiled to WebAssembly, and its Python files, all
//! compressed. They come from the wheel in this crate, which `wheel.lock` pins and the build script
//! verifies; the documentation of `eryx-extension-build` lists the other places that it searches. The
//! README describes how the wheel is built from numpy's sources.

include!(concat!(env!("OUT_DIR"), "/extension.rs"));

//! numpy for eryx sandboxes.
//!
//! The feature `numpy` of the crate `eryx` is all that most programs need: with it, `import numpy`
//! works in every sandbox that has the embedded runtime. This crate is what that feature brings
//! in, and can be handed to a sandbox by value as well:
//!
//! ```
//! use eryx_ext_numpy::EXTENSION;
//!
//! assert_eq!(EXTENSION.name, "numpy");
//! assert_eq!(EXTENSION.abi, eryx_extension::ABI);
//! ```
//!
//! [`EXTENSION`] holds numpy's native libraries, compiled to WebAssembly, and its Python files,
//! all compressed. They come from the one wheel that `wheel.lock` pins and that lies in this crate;
//! the build script verifies it, and the documentation of `eryx-extension-build` says from where
//! else it can be had. How the wheel was built from numpy's sources is in the README.

include!(concat!(env!("OUT_DIR"), "/extension.rs"));

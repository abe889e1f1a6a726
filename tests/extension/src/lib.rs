//! An extension crate that eryx does not know: Python code and one native library of a few KB.
//!
//! A third party's crate looks just like this. `cargo xtask build-guest` builds its archive.

include!(concat!(env!("OUT_DIR"), "/extension.rs"));

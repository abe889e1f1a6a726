//! What an extension crate exposes to eryx: one Python package with native code, as constant data.
//!
//! The types are plain descriptions: no code runs, nothing is allocated, and there are no
//! dependencies. Nobody writes the values by hand. The build script of an extension crate calls
//! `eryx_extension_build::generate`, which verifies the wheel that the crate's `wheel.lock` pins and
//! writes a `const EXTENSION: Extension` for the crate to include.
//!
//! ```
//! use eryx_extension::{ABI, Extension};
//!
//! // A package of pure Python, with nothing in it.
//! const EMPTY: Extension = Extension {
//!     name: "empty",
//!     version: "1.0",
//!     abi: ABI,
//!     libraries: &[],
//!     files: &[],
//!     requires: &[],
//!     preimport: &[],
//! };
//! assert_eq!(EMPTY.to_string(), "empty 1.0");
//! ```

use std::fmt;

/// The ABI that this release of eryx links: `CPython` 3.14 on `wasm32-wasip2`, from wasi-sdk 33.
///
/// wasi-libc promises no binary compatibility between versions, and libraries of two ABIs in one
/// image corrupt memory without an error. So every extension names the ABI that it was built for,
/// and eryx accepts this one only.
pub const ABI: &str = "cp314-wasip2-sdk33";

/// A Python package with native code.
///
/// An extension crate has one as `const` data; see the [crate's documentation](crate).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extension {
    /// The package's normalised name, as in its wheel's file name: `numpy`.
    pub name: &'static str,
    /// The package's version, as in its METADATA: `2.5.5`.
    pub version: &'static str,
    /// The ABI its libraries were built for; see [`ABI`].
    pub abi: &'static str,
    /// Its native libraries in link order: each one comes after those it needs. They are core
    /// WebAssembly modules with a `dylink.0` section.
    pub libraries: &'static [File],
    /// All its other files, sorted by path: Python code, data, metadata.
    pub files: &'static [File],
    /// The names of the extensions that must be linked before it.
    pub requires: &'static [&'static str],
    /// The modules to import when an image is made, unless the user chooses others.
    pub preimport: &'static [&'static str],
}

/// One file of an [`Extension`].
///
/// It is embedded as the wheel has it, so that no build compresses it again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct File {
    /// The path at which Python finds it, relative to `site-packages` and with `/` between the
    /// parts: `numpy/_core/_multiarray_umath.cpython-314-wasm32-wasi.so`.
    pub path: &'static str,
    /// Its bytes, compressed as one raw DEFLATE stream.
    pub deflate: &'static [u8],
    /// Its size when decompressed, in bytes.
    pub size: u64,
    /// The SHA-256 of its decompressed bytes.
    pub sha256: [u8; 32],
}

impl fmt::Display for Extension {
    /// The name and the version: `numpy 2.5.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("abi", &self.abi)
            .field("libraries", &self.libraries)
            .field("files", &self.files.len())
            .field("requires", &self.requires)
            .field("preimport", &self.preimport)
            .finish()
    }
}

impl fmt::Debug for File {
    /// Leaves out the bytes, which are too many for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

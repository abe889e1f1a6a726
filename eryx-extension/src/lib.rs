//! The interface of an extension crate: one Python package with native code, as constant data.
//!
//! The types are plain data: they run no code, allocate nothing and have no dependencies. The build
//! script of an extension crate generates the values. It calls `eryx_extension_build::generate`, which
//! verifies the wheel that the crate's `wheel.lock` pins and writes a `const EXTENSION: Extension` for
//! the crate to include.
//!
//! ```
//! use eryx_extension::{ABI, Extension};
//!
//! // A package without any files.
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
/// wasi-libc promises no binary compatibility between its versions, and two ABIs in one image would
/// corrupt memory without an error. So every extension names the ABI that it was built for, and eryx
/// accepts only this one.
pub const ABI: &str = "cp314-wasip2-sdk33";

/// A Python package with native code.
///
/// An extension crate defines one as a constant; see the [crate's documentation](crate).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extension {
    /// The normalised name, as in the wheel's file name: `numpy`.
    pub name: &'static str,
    /// The version, as in the wheel's METADATA: `2.5.5`.
    pub version: &'static str,
    /// The ABI that the libraries were built for; see [`ABI`].
    pub abi: &'static str,
    /// The native libraries in link order: each follows the libraries that it needs. They are core
    /// WebAssembly modules with a `dylink.0` section.
    pub libraries: &'static [File],
    /// All other files, sorted by path: Python code, data, metadata.
    pub files: &'static [File],
    /// The names of the extensions that must be linked before this one.
    pub requires: &'static [&'static str],
    /// The modules to import when an image is built, unless the user chooses others.
    pub preimport: &'static [&'static str],
}

/// One file of an [`Extension`].
///
/// The contents stay compressed as in the wheel, so that no build has to compress them again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct File {
    /// The path below `site-packages`, with `/` between the components:
    /// `numpy/_core/_multiarray_umath.cpython-314-wasm32-wasi.so`.
    pub path: &'static str,
    /// The contents, compressed as one raw DEFLATE stream.
    pub deflate: &'static [u8],
    /// The size of the decompressed contents, in bytes.
    pub size: u64,
    /// The SHA-256 of the decompressed contents.
    pub sha256: [u8; 32],
}

impl fmt::Display for Extension {
    /// Formats the name and the version: `numpy 2.5.5`.
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
    /// Formats all fields but the contents, which are too long for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

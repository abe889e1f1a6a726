//! What an extension crate exposes to eryx: one Python package with native code, as constant data.
//!
//! The types here are plain descriptions: no code runs, nothing is allocated, and there are no
//! dependencies. An extension crate does not write them by hand. Its build script calls
//! `eryx_extension_build::generate`, which verifies the wheel that the crate's `wheel.lock` pins
//! and writes a `const EXTENSION: Extension` that the crate then includes.
//!
//! ```
//! use eryx_extension::{ABI, Extension, Tree};
//!
//! // A package of pure Python, with nothing in it.
//! const EMPTY: Extension = Extension {
//!     name: "empty",
//!     version: "1.0",
//!     abi: ABI,
//!     libraries: &[],
//!     tree: Tree { zstd: &[], size: 0, files: 0, sha256: [0; 32] },
//!     requires: &[],
//!     preimport: &[],
//! };
//! assert_eq!(EMPTY.to_string(), "empty 1.0");
//! ```

use std::fmt;

/// The ABI that this release of eryx links: `CPython` 3.14 on `wasm32-wasip2`, from wasi-sdk 33.
///
/// wasi-libc promises no binary compatibility between versions, and libraries of two ABIs in one
/// image break in silence. So every library names the ABI it was built for, and eryx refuses all
/// but this one.
pub const ABI: &str = "cp314-wasip2-sdk33";

/// A Python package with native code.
///
/// `const` data of an extension crate; see the [crate's documentation](crate).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extension {
    /// The package's normalised name, as in its wheel's file name: `numpy`.
    pub name: &'static str,
    /// The package's version, as in its METADATA: `2.5.5`.
    pub version: &'static str,
    /// The ABI its libraries were built for; see [`ABI`].
    pub abi: &'static str,
    /// Its native libraries, in the order in which they are linked: what another needs comes first.
    pub libraries: &'static [Library],
    /// All its other files.
    pub tree: Tree,
    /// The names of the extensions that must be linked before it.
    pub requires: &'static [&'static str],
    /// The modules that are worth importing when an image is made, if the user does not say.
    pub preimport: &'static [&'static str],
}

/// One native library of an [`Extension`]: a core WebAssembly module with a `dylink.0` section.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Library {
    /// Where Python looks for it, relative to `site-packages`, with `/` between the parts:
    /// `numpy/_core/_multiarray_umath.cpython-314-wasm32-wasi.so`.
    pub path: &'static str,
    /// Its bytes, compressed as one zstd frame.
    pub zstd: &'static [u8],
    /// Its size when decompressed, in bytes.
    pub size: u64,
    /// The SHA-256 of its decompressed bytes.
    pub sha256: [u8; 32],
}

/// The files of an [`Extension`] that are not native libraries: Python code, data, metadata.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tree {
    /// A tar archive of regular files only, compressed as one zstd frame, or nothing at all. Paths
    /// are relative to `site-packages`, have `/` between their parts, and are sorted.
    pub zstd: &'static [u8],
    /// The size of the tar archive when decompressed, in bytes.
    pub size: u64,
    /// How many files there are.
    pub files: u32,
    /// The SHA-256 of the decompressed tar archive.
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
            .field("tree", &self.tree)
            .field("requires", &self.requires)
            .field("preimport", &self.preimport)
            .finish()
    }
}

impl fmt::Debug for Library {
    /// Without the bytes, which nobody wants in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("files", &self.files)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

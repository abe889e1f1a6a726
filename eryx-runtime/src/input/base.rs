//! The base: the libraries that every sandbox has. These are libc, the C++ libraries, CPython, the
//! guest library, and Python's standard library.
//!
//! This crate embeds them compressed (8 MB in all) and decompresses them on demand (38 MB).
//! `libs.lock` records the source and the checksum of each; the build script verifies the
//! checksums.

use super::bytes::Compressed;
use crate::error::ImageError;

use table::{FILES, LOCKED_ABI, STDLIB};

#[expect(clippy::unreadable_literal, reason = "the build script wrote it")]
mod table {
    use super::Compressed;

    include!(concat!(env!("OUT_DIR"), "/base.rs"));
}

// Extension crates are built against the ABI that `libs.lock` names.
const _: () = assert!(
    equal(LOCKED_ABI.as_bytes(), eryx_extension::ABI.as_bytes()),
    "libs.lock and eryx_extension::ABI name different ABIs"
);

const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Returns the base libraries in link order; the guest library is the last.
///
/// ```
/// let libc = eryx_runtime::base::libraries()
///     .iter()
///     .find(|library| library.name == "libc.so")
///     .ok_or("no libc")?;
/// assert!(libc.load()?.starts_with(b"\0asm"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn libraries() -> &'static [Compressed] {
    FILES
}

/// Returns Python's standard library: a tar archive whose paths are relative to `/python`.
///
/// ```
/// assert_eq!(eryx_runtime::base::stdlib().name, "python-lib.tar");
/// ```
pub fn stdlib() -> &'static Compressed {
    &STDLIB
}

/// Decompresses the base libraries; returns each with its name.
pub(crate) fn load() -> Result<Vec<(&'static str, Vec<u8>)>, ImageError> {
    let libraries = libraries().iter();
    libraries
        .map(|library| Ok((library.name, library.load()?)))
        .collect()
}

/// Borrows libraries as `check` and `link` take them: pairs of name and bytes.
pub(crate) fn borrowed<N: AsRef<str>, B: AsRef<[u8]>>(libraries: &[(N, B)]) -> Vec<(&str, &[u8])> {
    let libraries = libraries.iter();
    libraries
        .map(|(name, bytes)| (name.as_ref(), bytes.as_ref()))
        .collect()
}

//! What every sandbox has: libc, the C++ libraries, CPython, the guest library, and Python's
//! standard library.
//!
//! They are carried compressed (8 MB) and decompressed on demand (38 MB). `libs.lock` says where
//! each came from; the build script has compared the files with it.

use super::bytes::Compressed;
use crate::error::ImageError;

use table::{FILES, LOCKED_ABI, STDLIB};

#[expect(clippy::unreadable_literal, reason = "the build script wrote it")]
mod table {
    use super::Compressed;

    include!(concat!(env!("OUT_DIR"), "/base.rs"));
}

// The lock and the descriptors of extensions must speak of one ABI.
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

/// The base libraries, in the order in which they are linked; the guest library is the last.
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

/// Python's standard library: a tar archive, whose paths are relative to `/python`.
pub fn stdlib() -> &'static Compressed {
    &STDLIB
}

/// The base libraries, decompressed: each with its name.
pub(crate) fn load() -> Result<Vec<(&'static str, Vec<u8>)>, ImageError> {
    let libraries = libraries().iter();
    libraries
        .map(|library| Ok((library.name, library.load()?)))
        .collect()
}

/// Libraries as `check` and `link` take them.
pub(crate) fn borrowed<N: AsRef<str>, B: AsRef<[u8]>>(libraries: &[(N, B)]) -> Vec<(&str, &[u8])> {
    let libraries = libraries.iter();
    libraries
        .map(|(name, bytes)| (name.as_ref(), bytes.as_ref()))
        .collect()
}

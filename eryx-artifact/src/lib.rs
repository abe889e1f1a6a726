//! Rules and formats that every part of eryx must apply in the same way.
//!
//! A file of a package passes through two programs before Python sees it: the build script of an
//! extension crate, and the runtime that makes an image. Both must agree on what the file is. Each
//! question has one answer, and it is here:
//!
//! | question | answer |
//! |---|---|
//! | What identifies these bytes? | [`Digest`], and [`PartsHasher`] for a list |
//! | Can a package have a file at this path? | [`package_path::check`] |
//! | Is this file a native library, by its name? | [`library_name::is_native_library`] |
//! | Is that library for another Python, by its name? | [`library_name::check_python_tag`] |
//! | What does the library need, import and export? | [`dylink::SharedLibrary::read`] |
//! | How does a file appear whole or not at all? | [`AtomicFile`] |
//!
//! This crate is at the bottom of the workspace: it depends on no other member. It reads and names;
//! it decides nothing about linking, and it validates no code.

pub mod atomic_file;
pub mod digest;
pub mod dylink;
pub mod library_name;
pub mod package_path;

pub use atomic_file::AtomicFile;
pub use digest::{Digest, Hasher, PartsHasher};

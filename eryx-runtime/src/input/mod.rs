//! The inputs of an image: the base, packages, files, the target processor, and the cache key
//! computed from them.
//!
//! **Invariant:** nothing here links, compiles, runs or stores anything.

#[cfg(feature = "build")]
pub mod base;
#[cfg(feature = "build")]
pub(crate) mod bytes;
#[cfg(feature = "build")]
pub(crate) mod cache_key;
pub(crate) mod cpu;
#[cfg(feature = "build")]
pub(crate) mod package_files;
#[cfg(feature = "build")]
pub(crate) mod recipe;

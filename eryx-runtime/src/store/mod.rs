//! The store: a directory of sealed files, content-addressed, private to the user, with eviction.
//!
//! **Invariant:** nothing here interprets the payload of an entry.

#[cfg(feature = "build")]
mod eviction;
#[cfg(feature = "build")]
mod image_store;
#[cfg(feature = "build")]
mod kind;
mod permissions;
pub(crate) mod sealed_file;

#[cfg(feature = "build")]
pub use eviction::Pruned;
#[cfg(feature = "build")]
pub use image_store::ImageStore;
#[cfg(feature = "build")]
pub(crate) use image_store::Reserved;
#[cfg(feature = "build")]
pub(crate) use kind::Kind;
pub(crate) use permissions::is_world_writable;

//! What `make` hands to `run`: the layout of an image's modules, and their machine code.
//!
//! **Invariant:** nothing here knows how modules are made or run.

pub(crate) mod code;
pub(crate) mod layout;
#[cfg(feature = "build")]
pub(crate) mod loaded_code;
pub(crate) mod world;

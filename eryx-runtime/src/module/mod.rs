//! What `make` hands to `run`: how the modules of an image are laid out, and their machine code.
//!
//! **Invariant:** nothing here knows how modules are made or run.

pub(crate) mod code;
pub(crate) mod layout;
#[cfg(feature = "build")]
pub(crate) mod loaded_code;
pub(crate) mod world;

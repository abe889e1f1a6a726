//! Helpers for the tests of every crate in the workspace.
//!
//! This crate depends on no other crate of the workspace, so each of them can have it as a
//! dev-dependency. Helpers that need a sandbox are in `eryx-tests`.

mod directory;
mod image_cache;
mod seeds;

pub use directory::directory;
pub use image_cache::image_cache;
pub use seeds::each_seed;

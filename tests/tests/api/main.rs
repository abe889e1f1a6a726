//! The words of the API, each as a user would say it.
//!
//! Images are kept in a folder that all test programs share, so that their libraries are compiled
//! once, and not at every run.

mod errors;
mod files;
mod images;
mod packages;
mod renewal;
mod running;
mod settled;
#[path = "../shared/mod.rs"]
mod shared;
mod support;

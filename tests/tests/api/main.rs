//! The public API, used as a user would use it.

mod errors;
mod files;
mod images;
mod packages;
mod renewal;
mod running;
mod settled;
mod tracing;

//! The public API, used as a host uses it.

mod errors;
mod files;
mod images;
mod packages;
mod renewal;
mod running;
mod settled;
mod tracing;

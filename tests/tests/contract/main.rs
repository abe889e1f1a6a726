//! What eryx promises to those who run untrusted programs: each file is one of its points.

mod asynchronous;
mod cancellation;
mod directories;
mod environment;
mod exceptions;
mod files;
mod fuel;
mod functions;
mod limits;
mod many;
mod memory;
mod runtimes;
mod sessions;
mod soak;
mod streams;
mod time;
mod values;

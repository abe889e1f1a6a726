//! The contract of eryx with hosts that run untrusted programs, one topic per file.

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

//! What runs inside an eryx sandbox, and how an image of it is made.
//!
//! Most programs want the crate `eryx`, whose `Sandbox` stands on this one.
//!
//! An [`Image`] is the base (libc, CPython, its standard library) and some packages, linked into
//! one WebAssembly component, booted and compiled. It is made in steps, each a function from data
//! to data in a file of its own:
//!
//! ```text
//! Recipe ─► key ─► ImageStore ── there ──────────────────────────────────────────────────► Image
//!                      └── not there ─► check ─► link ─► snapshot ─► fuse ─► compile ──────┘
//! ```
//!
//! Running a program instantiates the image anew, so that no two programs meet. What an instance can
//! reach is what the module `host` answers, and the memory it has.

mod carve;
mod check;
mod compile;
mod cpu;
mod data;
mod dylink;
mod engine;
mod error;
mod functions;
mod fuse;
mod host;
mod image;
mod instance;
mod key;
mod link;
mod manifest;
mod output;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "engines do not use it yet")
)]
mod pool;
mod progress;
mod recipe;
mod sealed;
mod snapshot;
mod store;
mod tree;

pub mod base;

pub use check::LibraryFault;
pub use cpu::Cpu;
pub use data::Compressed;
pub use error::{Engine, ImageError};
pub use image::Image;
pub use instance::{Exception, Outcome, Program, Run};
pub use output::{Sink, Stream};
pub use progress::{OnProgress, Progress, Step};
pub use recipe::Recipe;
pub use store::{ImageStore, Kept, Pruned};

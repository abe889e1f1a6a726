//! What runs inside an eryx sandbox, and how an image of it is made.
//!
//! Most programs want the crate `eryx`, whose `Sandbox` stands on this one.
//!
//! An [`Image`] is the base (libc, CPython, its standard library) and some packages: linked,
//! compiled, and booted once. It is made in steps, each a function from data to data in a file of its
//! own:
//!
//! ```text
//! Recipe ─► key ─► ImageStore ── there ──────────────────────────────────────────────► Image
//!                      └── not there ─► check ─► link ─► fuse ─► compile ─► boot ──────┘
//! ```
//!
//! It is code and memory, and these are kept apart: the code of the base serves every image, that of
//! the extensions every image that has the same, and the memory is what Python and the modules that
//! were imported have left in it.
//!
//! Running a program instantiates the image anew, so that no two programs meet. What an instance can
//! reach is what the module `host` answers, and the memory it has.

mod abi;
mod boot;
mod check;
mod compile;
mod cpu;
mod data;
mod dylink;
mod engine;
mod error;
mod file;
mod functions;
mod fuse;
mod host;
mod image;
mod instance;
mod key;
mod link;
mod linked;
mod manifest;
mod output;
mod pool;
mod program;
mod progress;
mod recipe;
mod sealed;
mod session;
mod store;
mod tree;
mod weak;

pub mod base;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use check::LibraryFault;
pub use cpu::Cpu;
pub use data::Compressed;
pub use engine::keep_resident;
pub use error::{Engine, ImageError};
pub use image::Image;
pub use output::{Sink, Stream};
pub use program::{Exception, Outcome, Program, Run};
pub use progress::{OnProgress, Progress, Step};
pub use recipe::Recipe;
pub use session::Session;
pub use store::{ImageStore, Kept, Pruned};

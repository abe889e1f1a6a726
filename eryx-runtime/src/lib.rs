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
mod calls;
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
mod guest;
mod host;
mod image;
mod instance;
mod key;
mod limits;
mod link;
mod linked;
mod manifest;
mod meter;
mod pool;
mod program;
mod progress;
mod recipe;
mod sealed;
mod session;
mod sources;
mod store;
mod streams;
mod tree;
mod weak;

pub mod base;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use calls::{Answer, BeginCall, Calling, Failure, HostFunction};
pub use check::LibraryFault;
pub use cpu::Cpu;
pub use data::Compressed;
pub use engine::keep_resident;
pub use error::{Engine, ImageError};
pub use image::Image;
pub use limits::{Limit, LimitReached, Limits};
pub use program::{
    End, Entry, Exception, Frame, Outcome, Program, Run, Stats, Terms, Value, ValueError, Want,
};
pub use progress::{OnProgress, Progress, Step};
pub use recipe::Recipe;
pub use session::{Session, Setup};
pub use store::{ImageStore, Kept, Pruned};
pub use streams::{Input, Output, Sink, Stream, Writer};

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
//! reach is what the module `run::imports` answers, and the memory it has.
//!
//! # Features
//!
//! `build`, on by default, is all that makes images: the linker and the compiler. Without it, a program
//! loads images that were made elsewhere ([`Image::load`]) and runs them.
//!
//! # Rooms
//!
//! Each module imports only those above it in this list; a test holds them to it.

pub(crate) mod error;
pub(crate) mod image;
pub(crate) mod input;
#[cfg(feature = "build")]
pub(crate) mod make;
pub(crate) mod module;
pub(crate) mod run;
pub(crate) mod store;

#[cfg(all(feature = "build", any(test, fuzzing)))]
#[doc(hidden)]
pub mod fuzzing;

pub use eryx_artifact::dylink::SharedLibraryError;
pub use eryx_artifact::library_name::ForeignTag;

pub use error::{EngineError, ImageError, LibraryFault};
pub use image::Image;
pub use run::captured_output::CapturedOutput;
pub use run::config::{ConfigError, InstanceConfig};
pub use run::host_calls::{Answer, BeginCall, Calling, HostException, HostFunction};
pub use run::limits::{Limit, LimitReached, Limits};
pub use run::outcome::{
    DirectoryEntry, ErrorKind, Exception, ExecuteError, ExecuteResult, FileError, Frame, Misuse,
    Stats, Value, ValueError,
};
pub use run::program::Program;
pub use run::runtime::{Runtime, RuntimeBuilder};
pub use run::session::Session;
pub use run::stdio::Stream;
pub use run::trap::Trap;
pub use tokio_util::sync::CancellationToken;

#[cfg(feature = "build")]
pub use image::CachedImage;
#[cfg(feature = "build")]
pub use input::base;
#[cfg(feature = "build")]
pub use input::bytes::Compressed;
#[cfg(feature = "build")]
pub use input::cpu::Cpu;
#[cfg(feature = "build")]
pub use input::recipe::Recipe;
#[cfg(feature = "build")]
pub use make::base_component;
#[cfg(feature = "build")]
pub use make::progress::{OnProgress, Progress, Step};
#[cfg(feature = "build")]
pub use store::{ImageStore, Pruned};

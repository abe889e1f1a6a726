//! The engine of eryx: builds images of Python with native packages, and runs untrusted programs in
//! instances of them.
//!
//! Most programs want the crate `eryx`, whose `Sandbox` is built on this one.
//!
//! An [`Image`] is a snapshot of the base (libc, CPython, its standard library) and some packages,
//! linked, compiled and booted once. [`Image::make`] loads it from the [`ImageStore`], or builds it
//! in steps, each of which is a function in a file of its own:
//!
//! ```text
//! Recipe ─► cache key ─► ImageStore ── hit ──────────────────────────────────────────────► Image
//!                             └── miss ─► check ─► link ─► fuse ─► compile ─► boot ─────────┘
//! ```
//!
//! An image is machine code and memory, which are stored apart. All images share the code of the
//! base; images with the same extension modules share the code of those. The memory is what Python
//! and the imported modules leave after boot.
//!
//! Every program runs in a new instance of the image, unless the caller asks for a [`Session`]. An
//! instance reaches its own memory and the host functions in the module `run::imports`, nothing
//! else.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use eryx_runtime::{Image, InstanceConfig, Limits, Program, Runtime};
//!
//! let image = Image::load("sandbox.eryx", &Runtime::default())?;
//! let mut config = InstanceConfig::default();
//! config.limits = Limits::default().memory(256 << 20);
//! let result = image.run(Program::new("print(1 + 1)"), &Arc::new(config)).await?;
//! assert_eq!(result.stdout, "2\n");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! `build`, on by default, is everything that builds images: the linker, the compiler and the base
//! libraries. Without it, a program loads images that were built elsewhere ([`Image::load`]) and
//! runs them.
//!
//! # Rooms
//!
//! The modules are rooms, from the ground up: `error`, `input`, `store`, `module`, `run`, `make`,
//! `image`. Each imports only those before it in this list; `tests/rooms.rs` checks this.

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

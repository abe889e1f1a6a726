//! Run untrusted Python with its native packages, inside your program, safely and at once.
//!
//! A [`Sandbox`] is CPython 3.14 and the packages that were chosen for it, as WebAssembly. Each
//! [`execute`](Sandbox::execute) gets an instance of its own: a program sees nothing of the host, and
//! nothing of the programs before it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use eryx::Sandbox;
//!
//! let sandbox = Sandbox::builder()
//!     .with_embedded_runtime() // the packages whose features are on
//!     .build()?; // linked and compiled the first time, then taken from the cache
//! let result = sandbox.execute("print(sum(range(4)))").await?;
//! assert_eq!(result.stdout, "6\n");
//! # Ok(())
//! # }
//! ```
//!
//! # Packages
//!
//! | feature | package |
//! |---|---|
//! | `numpy` | numpy 2.5 |
//!
//! A feature is all it takes; [`extensions()`] lists what is switched on. A package that eryx does
//! not know comes as a crate ([`with_extension`](SandboxBuilder::with_extension)), as a folder
//! ([`with_site_packages`](SandboxBuilder::with_site_packages)) or as a single library
//! ([`with_native_extension`](SandboxBuilder::with_native_extension)).
//!
//! # Images
//!
//! What a sandbox is made of is an [`Image`]: linked, booted and compiled once. `build` keeps it in
//! an [`ImageStore`], the user's cache folder; or it is made once, saved, and deployed like a
//! program ([`Image::save`], [`Sandbox::from_image_file`]).

mod answer;
#[cfg(feature = "build")]
mod builder;
#[cfg(feature = "build")]
mod extensions;
mod function;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod parameters;
mod sandbox;

#[cfg(feature = "build")]
pub use builder::SandboxBuilder;
#[cfg(feature = "build")]
pub use eryx_extension::{ABI, Extension};
#[cfg(feature = "build")]
pub use eryx_runtime::{CachedImage, Cpu, ImageStore, Progress, Pruned, Step};
pub use eryx_runtime::{
    CancellationToken, CapturedOutput, ConfigError, DirectoryEntry, ErrorKind, Exception,
    ExecuteError, ExecuteResult, FileError, ForeignTag, Frame, Image, ImageError as BuildError,
    LibraryFault, Limit, LimitReached, Limits, Misuse, Program, Runtime, RuntimeBuilder, Session,
    SharedLibraryError, Stats, Stream, Trap, Value, ValueError,
};
#[cfg(feature = "build")]
pub use extensions::extensions;
pub use function::{CallError, Function};
pub use sandbox::Sandbox;

//! Runs untrusted Python, with its native packages, as WebAssembly inside a Rust program.
//!
//! A [`Sandbox`] is CPython 3.14 with the packages that you choose, compiled to WebAssembly and started
//! once. Each [`execute`](Sandbox::execute) runs a program in a fresh instance, which starts in
//! milliseconds and has no access to the host or to earlier programs.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use eryx::Sandbox;
//!
//! let sandbox = Sandbox::builder()
//!     .with_embedded_runtime() // the packages whose Cargo features are enabled
//!     .build()?; // links and compiles the first time, then loads from the cache
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
//! Enabling the feature is enough; [`extensions()`] lists the enabled packages. Other packages come from
//! an extension crate ([`with_extension`](SandboxBuilder::with_extension)), from a directory
//! ([`with_site_packages`](SandboxBuilder::with_site_packages)) or from a single native library
//! ([`with_native_extension`](SandboxBuilder::with_native_extension)).
//!
//! # Programs and sessions
//!
//! [`Sandbox::execute`] and [`Sandbox::run`] run one program each. A [`Session`]
//! ([`Sandbox::session`]) keeps its instance, with all variables, from one program to the next.
//! Programs call the host through a [`Function`] ([`Sandbox::with_function`]); [`Limits`] bound their
//! time, memory and output; a [`CancellationToken`] ends them.
//!
//! # Images
//!
//! An [`Image`] is what a sandbox starts its instances from: the packages linked and compiled, and a
//! snapshot of the memory of a started Python. [`SandboxBuilder::build`] builds it once and caches it in
//! an [`ImageStore`], by default in the user's cache directory. [`Image::save`] writes it to a file for
//! deployment, which [`Sandbox::from_image_file`] loads.

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

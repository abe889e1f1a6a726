//! For build scripts of eryx extension crates: from a pinned wheel to constant data.
//!
//! An extension crate is a `wheel.lock`, the wheel that it pins, and these lines. In `Cargo.toml`,
//! `links = "eryx-ext-NAME"`, a dependency on `eryx-extension` and a build dependency on this
//! crate. In `build.rs`:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     eryx_extension_build::generate()
//! }
//! ```
//!
//! In `src/lib.rs`:
//!
//! ```ignore
//! include!(concat!(env!("OUT_DIR"), "/extension.rs"));
//! ```
//!
//! That gives the crate a `pub const EXTENSION: eryx_extension::Extension`.
//!
//! # The way of the data
//!
//! Each step is one module and one function, from data to data:
//!
//! | step | from | to |
//! |---|---|---|
//! | [`lock`] | the text of `wheel.lock` | a [`Wheel`] whose every field holds water |
//! | [`obtain`](mod@obtain) | the [`Wheel`] and the [`Sources`] | an archive of that size and digest |
//! | [`unpack`](mod@unpack) | the archive | [files](unpack::Files) in memory, or the lie it tells |
//! | [`verify`](mod@verify) | the files | nothing, if metadata, tags and RECORD agree |
//! | [`package`] | the files | a [`Package`]: linkable libraries in order, and the rest |
//! | [`emit`](mod@emit) | the [`Package`] | `extension.rs` and what it includes |
//!
//! # What can be set
//!
//! | variable | meaning |
//! |---|---|
//! | `ERYX_WHEEL_DIR` | a folder of archives that is looked into first |
//! | `ERYX_WHEEL_MIRROR` | the URL of such a folder: `https://`, `http://` or `file:///` |
//! | `ERYX_CACHE_DIR` | the cache's root, instead of `eryx` in the user's cache folder |
//! | `CARGO_NET_OFFLINE` | `true`: never use the network |
//! | `DOCS_RS` | if set, the extension is empty and no archive is looked for |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | the usual |
//! | `CARGO_HTTP_CAINFO`, `SSL_CERT_FILE` | a PEM file of the authorities to trust for TLS |

pub mod cargo;
pub mod digest;
pub mod emit;
pub mod fetch;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod libraries;
pub mod location;
pub mod lock;
pub mod obtain;
pub mod package;
pub mod record;
pub mod tag;
pub mod unpack;
pub mod verify;

use std::process::ExitCode;

pub use fetch::Fetcher;
pub use libraries::{Error as LibraryError, NativeLibrary};
pub use lock::Wheel;
pub use obtain::{Obtained, Sources};
pub use package::Package;

/// Why there is no extension. What it says is for people, in one line or several.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This is not running as a build script.
    #[error("the variable {name} is {reason}; is this a build script that cargo runs?")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The crate does not announce itself.
    #[error("the Cargo.toml of {package} needs the line links = \"eryx-ext-NAME\" in [package]")]
    Links {
        /// The crate.
        package: String,
    },
    /// The `wheel.lock` is wrong.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The archive is not to be had.
    #[error(transparent)]
    Obtain(#[from] obtain::Error),
    /// The archive is broken, or lies.
    #[error("{file}: {reason}")]
    Unpack {
        /// The archive.
        file: String,
        /// What is wrong with it.
        reason: unpack::Error,
    },
    /// The wheel disagrees with its lock or with itself.
    #[error("{file}: {reason}")]
    Verify {
        /// The archive.
        file: String,
        /// How.
        reason: verify::Error,
    },
    /// The files do not make a package that can be linked.
    #[error("{file}: {reason}")]
    Package {
        /// The archive.
        file: String,
        /// Why.
        reason: package::Error,
    },
    /// What was made cannot be written.
    #[error(transparent)]
    Emit(#[from] emit::Error),
}

/// All that the build script of an extension crate does; see the [crate](self).
///
/// What is wrong is printed as cargo wants it, and then the exit code is 1.
pub fn generate() -> ExitCode {
    match cargo::build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cargo::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// The package in an archive that has been obtained: unpacked, verified, arranged.
pub fn prepare(wheel: &Wheel, archive: &[u8]) -> Result<Package, Error> {
    let file = || wheel.file.clone();
    let files =
        unpack::unpack(archive, wheel.format, &unpack::Limits::default()).map_err(|reason| {
            Error::Unpack {
                file: file(),
                reason,
            }
        })?;
    verify::verify(wheel, &files).map_err(|reason| Error::Verify {
        file: file(),
        reason,
    })?;
    package::arrange(wheel, files).map_err(|reason| Error::Package {
        file: file(),
        reason,
    })
}

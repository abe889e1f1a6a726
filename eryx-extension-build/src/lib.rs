//! For build scripts of eryx extension crates: from a pinned wheel to constant data.
//!
//! An extension crate consists of a `wheel.lock`, the wheel that it pins, and these lines. In
//! `Cargo.toml`: `links = "eryx-ext-NAME"`, a dependency on `eryx-extension`, and a build
//! dependency on this crate. In `build.rs`:
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
//! The crate then has a `pub const EXTENSION: eryx_extension::Extension`.
//!
//! # Steps
//!
//! Each step is one module, and one function from data to data:
//!
//! | step | input | output |
//! |---|---|---|
//! | [`lock`] | the text of `wheel.lock` | a [`Wheel`] whose every field is valid |
//! | [`obtain`](mod@obtain) | the [`Wheel`] and a [`SearchConfig`] | an archive of the pinned size and digest |
//! | [`unpack`](mod@unpack) | the archive | [files](unpack::Files) in memory |
//! | [`verify`](mod@verify) | the files | nothing, if metadata, tags and RECORD agree |
//! | [`package`] | the files | a [`Package`]: native libraries in link order, and all other files |
//! | [`emit`](mod@emit) | the [`Package`] | `extension.rs` and the files that it includes |
//!
//! # Environment variables
//!
//! | variable | meaning |
//! |---|---|
//! | `ERYX_WHEEL_DIR` | a directory of archives that is searched first |
//! | `ERYX_WHEEL_MIRROR` | the URL of such a directory: `https://`, `http://` or `file:///` |
//! | `ERYX_CACHE_DIR` | the cache's root, instead of `eryx` in the user's cache directory |
//! | `CARGO_NET_OFFLINE` | `true`: never use the network |
//! | `DOCS_RS` | if set, the extension is empty and no archive is searched for |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | as other programs use them |
//! | `CARGO_HTTP_CAINFO`, `SSL_CERT_FILE` | a PEM file of the certificate authorities to trust |

pub mod cargo;
pub mod emit;
#[cfg(feature = "fetch")]
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

pub use eryx_artifact::Digest;
#[cfg(feature = "fetch")]
pub use fetch::Fetcher;
pub use libraries::{Error as LibraryError, NativeLibrary};
pub use lock::Wheel;
pub use obtain::{Obtained, SearchConfig};
pub use package::Package;

/// Why a build script cannot make an extension. The text is one line or several.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The process is not a build script.
    #[error("the environment variable {name} is {reason}; run this as a build script, by cargo")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The crate does not declare itself an extension crate.
    #[error("the Cargo.toml of {package} needs the line links = \"eryx-ext-NAME\" in [package]")]
    Links {
        /// The crate.
        package: String,
    },
    /// The `wheel.lock` is missing or invalid.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The archive cannot be found.
    #[error(transparent)]
    Obtain(#[from] obtain::Error),
    /// The archive is malformed.
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
        /// How it disagrees.
        reason: verify::Error,
    },
    /// The files do not make a package that can be linked.
    #[error("{file}: {reason}")]
    Package {
        /// The archive.
        file: String,
        /// Why not.
        reason: package::Error,
    },
    /// The output cannot be written.
    #[error(transparent)]
    Emit(#[from] emit::Error),
}

/// Does all that the build script of an extension crate has to do; see the [crate](self).
///
/// An error is printed in cargo's format, and the exit code is then 1.
pub fn generate() -> ExitCode {
    match cargo::build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cargo::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Unpacks and verifies an archive that has been obtained, and returns the package in it.
///
/// ```no_run
/// use std::path::Path;
///
/// use eryx_extension_build::obtain::{SearchConfig, obtain};
/// use eryx_extension_build::{lock, prepare};
///
/// # fn main() -> Result<(), eryx_extension_build::Error> {
/// let crate_dir = Path::new("eryx-ext-demo");
/// let wheel = lock::read(crate_dir)?;
/// let config = SearchConfig::from_environment(crate_dir);
/// let obtained = obtain(&wheel, &config, &mut |_bytes| ())?;
/// let package = prepare(&wheel, &obtained.bytes)?;
/// println!("{} libraries", package.libraries.len());
/// # Ok(())
/// # }
/// ```
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
    Package::from_files(wheel, files).map_err(|reason| Error::Package {
        file: file(),
        reason,
    })
}
